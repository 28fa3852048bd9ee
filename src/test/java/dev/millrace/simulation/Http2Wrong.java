package dev.millrace.simulation;

import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.util.Random;

/** What no client of HTTP/2 should send. */
final class Http2Wrong {
    private Http2Wrong() {}

    /**
     * Something wrong.
     *
     * @param next the number of a stream that is not open yet
     */
    static byte[] some(Random random, int next) {
        return switch (random.nextInt(14)) {
            case 0 -> Http2Peer.data(next, true, "idle");
            case 1 -> Http2Peer.settings(4, -1);
            case 2 -> Http2Peer.windowUpdate(0, 0);
            case 3 -> Http2Peer.windowUpdate(0, Integer.MAX_VALUE);
            case 4 -> new Http2Frame(Http2Frame.PING, 0, 0, new byte[7]).bytes();
            case 5 -> new Http2Frame(Http2Frame.PUSH_PROMISE, 4, next, new byte[4]).bytes();
            case 6 -> new Http2Frame(Http2Frame.HEADERS, 5, next, new byte[] {(byte) 0xff, (byte) 0xff, 3}).bytes();
            case 7 -> Http2Peer.request(next + 1, true, "GET", "/0");
            case 8 -> new byte[] {0, 0, 50, 0, 0, 0, 0}; // the beginning of a frame
            case 9 -> new Http2Frame(Http2Frame.DATA, 8, 1, new byte[] {9, 1}).bytes();
            case 10 -> new Http2Frame(Http2Frame.HEADERS, 0, next, Http2Peer.block(":method", "GET")).bytes();
            case 11 -> new byte[] {0x7f, -1, -1, 0, 0, 0, 0, 0, 1};
            case 12 -> Http2Peer.reset(next, 8);
            default -> "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        };
    }
}
