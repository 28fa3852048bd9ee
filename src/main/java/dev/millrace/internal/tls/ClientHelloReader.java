package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ClientHello;

/**
 * Reads the ClientHello at the start of a connection, before anyone else consumes it: the first handshake message
 * (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2) out of as many records as it comes in (RFC 8446 §5.1). It only looks: the
 * bytes stay where they are, for the engine.
 *
 * <p>One reader serves one connection. It is shown all bytes that have arrived so far, each time from the first one of
 * the connection on, and remembers how far it has come, so bytes that trickle in cost no more than bytes that come at
 * once. It holds no bytes, and it allocates by what has arrived, never by a length that the peer claims.
 *
 * <p>It judges the form only as far as it must to read on. Whether the offer makes sense is the engine's business, with
 * one exception: an extension that comes twice is refused (RFC 8446 §4.2), for this reader and the engine must not see
 * two different names. Never throws, whatever the bytes. Not safe for several threads at once.
 */
public final class ClientHelloReader {
    /** What has become of the bytes. All but {@link #INCOMPLETE} are final. */
    public enum Result {
        /** They hold a whole ClientHello: see {@link #hello()}. */
        COMPLETE,
        /** They are the beginning of something that is not decided yet. */
        INCOMPLETE,
        /** They are no TLS records of version 3.x: garbage, or a hello of SSL 2. */
        NOT_TLS,
        /** They look like a request of HTTP/1.x or the preface of HTTP/2, in clear. */
        PLAINTEXT_HTTP,
        /** The hello passes a bound: the bytes of this reader, or {@value ClientHelloDecoder#MAX_PROTOCOLS} ALPN names. */
        TOO_LONG,
        /** They are TLS, but something other than a well-formed ClientHello: see {@link #detail()}. */
        MALFORMED
    }

    /**
     * The bound on a hello with its record headers, unless another is given: 65,536 bytes. Key shares of today's
     * post-quantum groups take less than 2 KiB each.
     */
    public static final int MAX_BYTES = 64 * 1024;

    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;
    private static final int MAX_FRAGMENT = 1 << 14;
    private static final int FIRST_TYPE = 20; // change_cipher_spec
    private static final int LAST_TYPE = 23; // application_data
    private static final int HANDSHAKE = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int LONGEST_METHOD = 24;
    private static final String CONNECT = "CONNECT ";
    private static final String HTTP_SCHEME = "http";

    private final int maxBytes;

    private Result result = Result.INCOMPLETE;
    private @Nullable ClientHello hello;
    private String detail = "";

    private int at; // bytes looked at
    private int left; // bytes of the current record that are still to come
    private int records;
    private int gathered; // bytes of the message looked at
    private int header; // the first bytes of the message as one number: type and length

    /** A reader bound by {@link #MAX_BYTES}. */
    public ClientHelloReader() {
        this(MAX_BYTES);
    }

    /**
     * A reader with a bound of one's own.
     *
     * @param maxBytes the most bytes to look at, record headers included
     */
    public ClientHelloReader(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Looks at what has arrived.
     *
     * @param bytes holds everything since the first byte of the connection
     * @param offset where the first byte of the connection stands; may differ from call to call
     * @param end where the bytes that have arrived end
     * @return the verdict; once it is not {@link Result#INCOMPLETE} it stays
     */
    public Result read(byte[] bytes, int offset, int end) {
        if (result == Result.INCOMPLETE) {
            result = advance(bytes, offset, end - offset);
        }
        return result;
    }

    /**
     * {@return the hello}
     *
     * @throws IllegalStateException unless the result is {@link Result#COMPLETE}
     */
    public ClientHello hello() {
        ClientHello found = hello;
        if (found == null) {
            throw new IllegalStateException("no ClientHello: " + result);
        }
        return found;
    }

    /** {@return why the result is {@link Result#MALFORMED} or {@link Result#TOO_LONG}, else empty} */
    public String detail() {
        return detail;
    }

    private Result advance(byte[] bytes, int offset, int length) {
        if (records == 0) {
            Result first = firstBytes(bytes, offset, length);
            if (first != Result.COMPLETE) {
                return first;
            }
        }
        int visible = Math.min(length, maxBytes);
        while (true) {
            if (left == 0) {
                if (visible - at < RECORD_HEADER) {
                    break;
                }
                String problem = recordHeader(bytes, offset + at);
                if (!problem.isEmpty()) {
                    return malformed(problem);
                }
            }
            int taken = Math.min(left, visible - at);
            if (taken == 0) {
                break;
            }
            if (gathered < MESSAGE_HEADER) {
                taken = Math.min(taken, MESSAGE_HEADER - gathered);
                for (int i = 0; i < taken; i++) {
                    header = header << 8 | bytes[offset + at + i] & 0xff;
                }
            } else {
                taken = Math.min(taken, MESSAGE_HEADER + bodyLength() - gathered);
            }
            at += taken;
            left -= taken;
            gathered += taken;
            if (gathered >= MESSAGE_HEADER) {
                if (header >>> 24 != CLIENT_HELLO) {
                    return malformed("the first handshake message is not a ClientHello");
                }
                if (bodyLength() > maxBytes - at + gathered - MESSAGE_HEADER) {
                    return tooLong("a longer ClientHello than " + maxBytes + " bytes");
                }
                if (gathered == MESSAGE_HEADER + bodyLength()) {
                    return decode(bytes, offset);
                }
            }
        }
        return length >= maxBytes ? tooLong("a longer ClientHello than " + maxBytes + " bytes") : Result.INCOMPLETE;
    }

    private int bodyLength() {
        return header & 0xffffff;
    }

    /** Looks at a record's header and steps past it; returns what is wrong with it, or nothing. */
    private String recordHeader(byte[] bytes, int start) {
        if (bytes[start] != HANDSHAKE || bytes[start + 1] != 3) {
            return records == 0 ? "the first record is not of a handshake" : "another record inside the ClientHello";
        }
        int length = (bytes[start + 3] & 0xff) << 8 | bytes[start + 4] & 0xff;
        if (length == 0) {
            return "an empty record of a handshake";
        }
        if (length > MAX_FRAGMENT) {
            return "a record of more than 16,384 bytes";
        }
        records++;
        left = length;
        at += RECORD_HEADER;
        return "";
    }

    private Result decode(byte[] bytes, int offset) {
        byte[] message = bytes;
        int start = offset + RECORD_HEADER;
        if (records > 1) {
            message = join(bytes, offset);
            start = 0;
        }
        ClientHelloDecoder decoder = new ClientHelloDecoder(message, start + MESSAGE_HEADER, start + gathered);
        hello = decoder.decode();
        if (hello != null) {
            return Result.COMPLETE;
        }
        return decoder.overBound() ? tooLong(decoder.problem()) : malformed(decoder.problem());
    }

    /** The message without the record headers; all of it has been looked at. */
    private byte[] join(byte[] bytes, int offset) {
        byte[] message = new byte[gathered];
        int from = offset;
        int filled = 0;
        while (filled < gathered) {
            int length = (bytes[from + 3] & 0xff) << 8 | bytes[from + 4] & 0xff;
            int taken = Math.min(length, gathered - filled);
            System.arraycopy(bytes, from + RECORD_HEADER, message, filled, taken);
            filled += taken;
            from += RECORD_HEADER + length;
        }
        return message;
    }

    /** Tells TLS (then the answer is COMPLETE) from HTTP in clear and from everything else. */
    private Result firstBytes(byte[] bytes, int offset, int length) {
        if (length <= 0) {
            return Result.INCOMPLETE;
        }
        int first = bytes[offset];
        if (first >= FIRST_TYPE && first <= LAST_TYPE) {
            if (length == 1) {
                return Result.INCOMPLETE;
            }
            if (bytes[offset + 1] != 3) {
                return Result.NOT_TLS;
            }
            return first == HANDSHAKE ? Result.COMPLETE : malformed("the first record is not of a handshake");
        }
        return looksLikeHttp(bytes, offset, length);
    }

    /** A method of letters and hyphens, a space, and the beginning of a request's target (RFC 9112 §3). */
    private static Result looksLikeHttp(byte[] bytes, int offset, int length) {
        int space = 0;
        while (space < length && bytes[offset + space] != ' ') {
            int c = Ascii.lower(bytes[offset + space]);
            if ((c < 'a' || c > 'z') && (c != '-' || space == 0) || space == LONGEST_METHOD) {
                return Result.NOT_TLS;
            }
            space++;
        }
        if (space == 0) {
            return Result.NOT_TLS;
        }
        int target = space + 1;
        if (target >= length) {
            return Result.INCOMPLETE;
        }
        int first = bytes[offset + target];
        if (first == '/' || first == '*') {
            return Result.PLAINTEXT_HTTP;
        }
        if (target == CONNECT.length() && startsWith(bytes, offset, target, CONNECT)) {
            return first > ' ' && first < 0x7f ? Result.PLAINTEXT_HTTP : Result.NOT_TLS;
        }
        int seen = Math.min(length - target, HTTP_SCHEME.length());
        if (!startsWith(bytes, offset + target, seen, HTTP_SCHEME)) {
            return Result.NOT_TLS;
        }
        return seen == HTTP_SCHEME.length() ? Result.PLAINTEXT_HTTP : Result.INCOMPLETE;
    }

    private static boolean startsWith(byte[] bytes, int from, int length, String expected) {
        for (int i = 0; i < length; i++) {
            if (Ascii.lower(bytes[from + i]) != Ascii.lower(expected.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private Result malformed(String why) {
        detail = why;
        return Result.MALFORMED;
    }

    private Result tooLong(String why) {
        detail = why;
        return Result.TOO_LONG;
    }
}
