package dev.millrace.internal.h2;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Frames for tests, written by hand and not by the encoder: also those that nobody should send. */
final class FrameBytes {
    private FrameBytes() {}

    static byte[] frame(int type, int flags, int streamId, byte[] payload) {
        return cat(header(payload.length, type, flags, streamId), payload);
    }

    static byte[] frame(int type, int flags, int streamId, int... payload) {
        return frame(type, flags, streamId, bytes(payload));
    }

    /** A header that may announce something else than what follows. */
    static byte[] header(int length, int type, int flags, int streamId) {
        return bytes(
                length >> 16,
                length >> 8,
                length,
                type,
                flags,
                streamId >> 24,
                streamId >> 16,
                streamId >> 8,
                streamId);
    }

    static byte[] bytes(int... values) {
        byte[] b = new byte[values.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) values[i];
        }
        return b;
    }

    static byte[] int32(int value) {
        return bytes(value >> 24, value >> 16, value >> 8, value);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** So many bytes, each another than the one before. */
    static byte[] filler(int length) {
        byte[] b = new byte[length];
        for (int i = 0; i < length; i++) {
            b[i] = (byte) (i * 31 + length);
        }
        return b;
    }

    static byte[] cat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] setting(int id, long value) {
        return cat(bytes(id >> 8, id), int32((int) value));
    }

    /** The SETTINGS frame with which each side begins. */
    static byte[] begin() {
        return frame(FrameType.SETTINGS, 0, 0);
    }

    /** The same bytes somewhere in the middle of an array of rubbish. */
    static byte[] amid(byte[] b, int before, int after, int filler) {
        byte[] all = new byte[before + b.length + after];
        Arrays.fill(all, (byte) filler);
        System.arraycopy(b, 0, all, before, b.length);
        return all;
    }
}
