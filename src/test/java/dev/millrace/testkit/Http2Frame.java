package dev.millrace.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A frame of HTTP/2 as a test writes or reads it (RFC 9113 §4.1), made by other code than the one under test.
 *
 * @param type its type
 * @param flags its flags
 * @param stream its stream's number
 * @param payload its payload
 */
@SuppressWarnings("ArrayRecordComponent") // frames are compared by nobody
public record Http2Frame(int type, int flags, int stream, byte[] payload) {
    /** RFC 9113 §6.1. */
    public static final int DATA = 0;

    /** RFC 9113 §6.2. */
    public static final int HEADERS = 1;

    /** RFC 9113 §6.3. */
    public static final int PRIORITY = 2;

    /** RFC 9113 §6.4. */
    public static final int RST_STREAM = 3;

    /** RFC 9113 §6.5. */
    public static final int SETTINGS = 4;

    /** RFC 9113 §6.6. */
    public static final int PUSH_PROMISE = 5;

    /** RFC 9113 §6.7. */
    public static final int PING = 6;

    /** RFC 9113 §6.8. */
    public static final int GOAWAY = 7;

    /** RFC 9113 §6.9. */
    public static final int WINDOW_UPDATE = 8;

    /** RFC 9113 §6.10. */
    public static final int CONTINUATION = 9;

    /** END_STREAM of DATA and HEADERS. */
    public static final int END_STREAM = 1;

    /** ACK of SETTINGS and PING. */
    public static final int ACK = 1;

    /** END_HEADERS of HEADERS and CONTINUATION. */
    public static final int END_HEADERS = 4;

    private static final String[] NAMES = {
        "DATA",
        "HEADERS",
        "PRIORITY",
        "RST_STREAM",
        "SETTINGS",
        "PUSH_PROMISE",
        "PING",
        "GOAWAY",
        "WINDOW_UPDATE",
        "CONTINUATION"
    };

    /** {@return the frame on the wire} */
    public byte[] bytes() {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** {@return the number that the payload holds at a place} */
    public int intAt(int offset) {
        return ByteBuffer.wrap(payload).getInt(offset);
    }

    /** {@return whether all of some flags are set} */
    public boolean has(int flag) {
        return (flags & flag) == flag;
    }

    /** {@return the payload as text} */
    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** {@return the frame for a failure's message; its payload as text if that is readable} */
    @Override
    public String toString() {
        String name = type < NAMES.length ? NAMES[type] : "type " + type;
        String shown = type == DATA
                ? text()
                : HexFormat.of().formatHex(payload.length > 40 ? Arrays.copyOf(payload, 40) : payload);
        return name + "(" + stream + ", " + flags + ", " + payload.length + ": " + shown + ")";
    }
}
