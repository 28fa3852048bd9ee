package dev.millrace.internal.tls;

/** What a server's first answer tells of it and the engine that made it does not. */
final class ServerHello {
    private static final int HANDSHAKE = 22; // a record's type
    private static final int SERVER_HELLO = 2; // a message's type
    private static final int SESSION_ID =
            5 + 4 + 2 + 32; // behind the headers of record and message, version and random
    private static final int PRE_SHARED_KEY = 41;

    private ServerHello() {}

    /**
     * {@return whether a record in clear holds a ServerHello of TLS 1.3 that takes up an earlier session: it then names the
     * key that it goes on with (RFC 8446 §4.2.11)}
     */
    static boolean takesUpSession(byte[] record, int offset, int end) {
        int sessionId = offset + SESSION_ID;
        if (end <= sessionId || record[offset] != HANDSHAKE || record[offset + 5] != SERVER_HELLO) {
            return false;
        }
        int at = sessionId + 1 + (record[sessionId] & 0xff) + 3; // behind the suite and the compression
        int extensionsEnd = at + 2 <= end ? Math.min(end, at + 2 + number(record, at)) : 0;
        for (at += 2; at + 4 <= extensionsEnd; at += 4 + number(record, at + 2)) {
            if (number(record, at) == PRE_SHARED_KEY) {
                return true;
            }
        }
        return false;
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }
}
