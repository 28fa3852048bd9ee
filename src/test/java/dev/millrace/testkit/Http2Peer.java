package dev.millrace.testkit;

import dev.millrace.http.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The peer's end of an HTTP/2 connection over a {@link MemoryTransport}: sends what a test tells it, however wrong, and
 * takes apart what comes back. Fields go out without HPACK's tables, so that each block stands for itself.
 */
public final class Http2Peer {
    /** What a client says first (RFC 9113 §3.4). */
    public static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final MemoryTransport transport;
    private final TestLoop loop;
    private final HpackReader hpack = new HpackReader();
    private final List<Http2Frame> frames = new ArrayList<>();
    private int seen; // bytes of what was received
    private int answered; // PINGs

    /**
     * The end of a connection.
     *
     * @param transport the connection
     * @param loop its loop
     */
    public Http2Peer(MemoryTransport transport, TestLoop loop) {
        this.transport = transport;
        this.loop = loop;
    }

    // ---- out

    /** Sends bytes as they are, as one read. */
    public Http2Peer send(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        transport.peerSends(all.toByteArray());
        loop.runTasks();
        return this;
    }

    /** Sends a frame. */
    public Http2Peer frame(int type, int flags, int stream, byte[] payload) {
        return send(new Http2Frame(type, flags, stream, payload).bytes());
    }

    /** Says the preface with empty SETTINGS, and acknowledges the server's. */
    public Http2Peer open() {
        return send(PREFACE, settings(), new Http2Frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]).bytes());
    }

    /** A server's: takes the client's preface, and acknowledges its SETTINGS with others. */
    public Http2Peer serve(int... idsAndValues) {
        if (!Arrays.equals(PREFACE, Arrays.copyOf(transport.received(), PREFACE.length))) {
            throw new AssertionError("the client did not begin with its preface");
        }
        seen = PREFACE.length;
        return send(
                settings(idsAndValues), new Http2Frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]).bytes());
    }

    /** {@return SETTINGS of identifiers and values in turn} */
    public static byte[] settings(int... idsAndValues) {
        ByteBuffer payload = ByteBuffer.allocate(3 * idsAndValues.length);
        for (int i = 0; i < idsAndValues.length; i += 2) {
            payload.putShort((short) idsAndValues[i]).putInt(idsAndValues[i + 1]);
        }
        return new Http2Frame(Http2Frame.SETTINGS, 0, 0, payload.array()).bytes();
    }

    /** {@return a request's HEADERS} */
    public static byte[] request(int stream, boolean end, String method, String path, String... fields) {
        String[] all = new String[8 + fields.length];
        System.arraycopy(
                new String[] {":method", method, ":scheme", "http", ":path", path, ":authority", "test"}, 0, all, 0, 8);
        System.arraycopy(fields, 0, all, 8, fields.length);
        return headers(stream, end, all);
    }

    /** {@return a response's HEADERS} */
    public static byte[] response(int stream, boolean end, int status, String... fields) {
        String[] all = new String[2 + fields.length];
        all[0] = ":status";
        all[1] = Integer.toString(status);
        System.arraycopy(fields, 0, all, 2, fields.length);
        return headers(stream, end, all);
    }

    /** {@return GOAWAY} */
    public static byte[] goAway(int last, int code) {
        byte[] payload = ByteBuffer.allocate(8).putInt(last).putInt(code).array();
        return new Http2Frame(Http2Frame.GOAWAY, 0, 0, payload).bytes();
    }

    /** {@return HEADERS of any fields} */
    public static byte[] headers(int stream, boolean end, String... namesAndValues) {
        int flags = Http2Frame.END_HEADERS | (end ? Http2Frame.END_STREAM : 0);
        return new Http2Frame(Http2Frame.HEADERS, flags, stream, block(namesAndValues)).bytes();
    }

    /** {@return a header block without use of tables (RFC 7541 §6.2.2)} */
    public static byte[] block(String... namesAndValues) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.write(0);
            string(out, namesAndValues[i]);
            string(out, namesAndValues[i + 1]);
        }
        return out.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int length = bytes.length;
        if (length < 127) {
            out.write(length);
        } else {
            out.write(127);
            int rest = length - 127;
            for (; rest >= 128; rest >>= 7) {
                out.write(rest & 127 | 128);
            }
            out.write(rest);
        }
        out.writeBytes(bytes);
    }

    /** {@return DATA} */
    public static byte[] data(int stream, boolean end, String text) {
        return data(stream, end, text.getBytes(StandardCharsets.UTF_8));
    }

    /** {@return DATA} */
    public static byte[] data(int stream, boolean end, byte[] content) {
        return new Http2Frame(Http2Frame.DATA, end ? Http2Frame.END_STREAM : 0, stream, content).bytes();
    }

    /** {@return RST_STREAM} */
    public static byte[] reset(int stream, int code) {
        return new Http2Frame(Http2Frame.RST_STREAM, 0, stream, int32(code)).bytes();
    }

    /** {@return WINDOW_UPDATE} */
    public static byte[] windowUpdate(int stream, int increment) {
        return new Http2Frame(Http2Frame.WINDOW_UPDATE, 0, stream, int32(increment)).bytes();
    }

    /** {@return PING} */
    public static byte[] ping(long data, boolean ack) {
        byte[] payload = ByteBuffer.allocate(8).putLong(data).array();
        return new Http2Frame(Http2Frame.PING, ack ? Http2Frame.ACK : 0, 0, payload).bytes();
    }

    /** {@return four bytes of a number} */
    public static byte[] int32(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    // ---- in

    /** {@return all frames that have come so far} */
    public List<Http2Frame> frames() {
        frames.addAll(newFrames());
        return List.copyOf(frames);
    }

    /** {@return the frames that have come since this or {@link #frames()} was called last} */
    public List<Http2Frame> newFrames() {
        byte[] come = transport.received(seen);
        List<Http2Frame> found = new ArrayList<>();
        int at = 0;
        while (come.length - at >= 9) {
            int length = (come[at] & 255) << 16 | (come[at + 1] & 255) << 8 | come[at + 2] & 255;
            if (come.length - at < 9 + length) {
                break;
            }
            int stream = ByteBuffer.wrap(come).getInt(at + 5) & Integer.MAX_VALUE;
            byte[] payload = Arrays.copyOfRange(come, at + 9, at + 9 + length);
            found.add(new Http2Frame(come[at + 3], come[at + 4], stream, payload));
            at += 9 + length;
        }
        seen += at;
        return found;
    }

    /** {@return the fields of a header block; each is to be decoded, in order} */
    public Headers section(Http2Frame frame) {
        return hpack.decodeOnce(frame);
    }

    /** {@return the frames of a type} */
    public List<Http2Frame> frames(int type) {
        return frames().stream().filter(frame -> frame.type() == type).toList();
    }

    /** {@return the frames of a type on a stream} */
    public List<Http2Frame> frames(int type, int stream) {
        return frames(type).stream().filter(frame -> frame.stream() == stream).toList();
    }

    /** Answers the PINGs that have come. */
    public Http2Peer answerPings() {
        List<Http2Frame> pings = frames(Http2Frame.PING);
        for (; answered < pings.size(); answered++) {
            Http2Frame ping = pings.get(answered);
            if (!ping.has(Http2Frame.ACK)) {
                frame(Http2Frame.PING, Http2Frame.ACK, 0, ping.payload());
            }
        }
        return this;
    }

    /** Forgets the frames that have come so far; their fields are decoded, for the sake of HPACK's table. */
    public Http2Peer forget() {
        frames(Http2Frame.HEADERS).forEach(frame -> hpack.decodeOnce(frame));
        frames.clear();
        answered = 0;
        return this;
    }

    /** {@return the header sections of a stream, in order} */
    public List<Headers> sections(int stream) {
        List<Headers> sections = new ArrayList<>();
        for (Http2Frame frame : frames(Http2Frame.HEADERS)) {
            Headers section = hpack.decodeOnce(frame);
            if (frame.stream() == stream) {
                sections.add(section);
            }
        }
        return sections;
    }

    /** {@return the status of a stream's last header section that has one} */
    public String status(int stream) {
        String status = "";
        for (Headers section : sections(stream)) {
            String found = section.get("_status");
            status = found == null ? status : found;
        }
        return status;
    }

    /** {@return the content of a stream so far} */
    public byte[] content(int stream) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        frames(Http2Frame.DATA, stream).forEach(frame -> all.writeBytes(frame.payload()));
        return all.toByteArray();
    }

    /** {@return the content of a stream so far, as text} */
    public String text(int stream) {
        return new String(content(stream), StandardCharsets.UTF_8);
    }

    /** {@return whether the server has ended its side of a stream} */
    public boolean ended(int stream) {
        return frames().stream()
                .anyMatch(frame -> frame.stream() == stream
                        && frame.type() <= Http2Frame.HEADERS
                        && frame.has(Http2Frame.END_STREAM));
    }

    /** {@return the code that a stream was reset with, or -1} */
    public int resetCode(int stream) {
        List<Http2Frame> resets = frames(Http2Frame.RST_STREAM, stream);
        return resets.isEmpty() ? -1 : resets.get(0).intAt(0);
    }

    /** {@return the code of the last GOAWAY, or -1} */
    public int goAwayCode() {
        List<Http2Frame> found = frames(Http2Frame.GOAWAY);
        return found.isEmpty() ? -1 : found.get(found.size() - 1).intAt(4);
    }
}
