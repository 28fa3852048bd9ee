package dev.millrace.simulation;

import dev.millrace.http.Timeouts;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;

/**
 * Judges whether connections keep their deadlines: each state of a connection ends when its own has passed, and not when the
 * sum of several has. Counted from when something last moved that the connection can feel, or it moved by itself.
 */
final class Punctuality {
    private static final long MILLI = 1_000_000;

    /** How late a timer may be, and a response that waits a moment for its first bytes. */
    private static final long SLACK = 200 * MILLI;

    /** How long the peer of a connection that is about to close may take for a round trip. */
    private static final long ROUND_TRIP = 500 * MILLI;

    private final Timeouts timeouts;
    private final long window;
    private final long handler;
    private final long look;

    Punctuality(Timeouts timeouts) {
        this.timeouts = timeouts;
        this.window = timeouts.progressWindow().toNanos();
        this.handler = timeouts.handler().toNanos();
        this.look = Math.min(Math.min(window, handler), timeouts.ping().toNanos()) / 8;
    }

    /** {@return how long a handler may take, with what a deadline may be late} */
    long handlerNanos() {
        return handler + look + SLACK;
    }

    /**
     * Judges a connection that is open.
     *
     * @param link the connection
     * @param now the world's time
     * @param drained when its server began to stop, negative if it has not
     * @param stoodStill until when the server's loop last stood still: what waits then is given its time once more
     */
    void judge(Link link, long now, long drained, long stoodStill) {
        link.watch();
        long since = Math.max(Math.max(link.moved, link.changed), Math.max(drained, stoodStill));
        long most = allowed(link, drained >= 0) + look + SLACK;
        if (now - since > most) {
            throw new AssertionError(link + " outlives its deadline by " + (now - since - most) / MILLI + " ms: "
                    + link.transport.phase() + ", " + link.transport.state() + ", "
                    + link.transport.pending() + " bytes wait");
        }
    }

    /**
     * Judges why a connection ended: nobody is blamed before the time is over, nor for what came in time.
     *
     * @param link the connection
     * @param reason why it ended
     * @param drained when its server began to stop, negative if it has not
     */
    void judgeEnd(Link link, CloseReason reason, long drained) {
        long least = switch (reason) {
            case FIRST_BYTE_TIMEOUT -> timeouts.firstByte().toNanos();
            case HEADERS_TIMEOUT -> {
                long headers = timeouts.headers().toNanos();
                yield drained < 0 ? headers : Math.min(headers, DrainBounds.BEGUN_NANOS);
            }
            case BODY_TIMEOUT, WRITE_TIMEOUT -> window;
            case HANDLER_TIMEOUT -> handler;
            default -> 0;
        };
        if (link.closed - link.opened < least) {
            throw new AssertionError(
                    link + " ended for " + reason + " after " + (link.closed - link.opened) / MILLI + " ms");
        }
        if (reason == CloseReason.FIRST_BYTE_TIMEOUT && link.heard >= 0) {
            throw new AssertionError(link + " ended for " + reason + ", and has said something");
        }
        if (reason == CloseReason.IDLE_TIMEOUT) {
            boolean each = !link.multiplexed() && !link.carriesTunnels(); // else what comes need not be a request
            long since = each ? link.heard : link.opened;
            long idle = Math.min(
                    timeouts.keepAliveIdle().toNanos(), timeouts.tunnelIdle().toNanos());
            long quiet = Math.min(idle, 2 * timeouts.ping().toNanos());
            if (link.closed - since < quiet) {
                throw new AssertionError(link + " ended for " + reason + " " + (link.closed - since) / MILLI
                        + " ms after it said something");
            }
        }
    }

    private long allowed(Link link, boolean drained) {
        long twoWindows = 2 * window; // what moved at the beginning of one is enough for it
        if (link.transport.pending() > 0) {
            return twoWindows;
        }
        if (link.transport.state() == ConnectionState.CLOSING) {
            long linger = timeouts.linger().toNanos();
            return drained ? Math.min(linger, DrainBounds.LINGER_NANOS) : linger;
        }
        return switch (link.transport.phase()) {
            case OPENED, HANDSHAKE -> drained ? 0 : timeouts.firstByte().toNanos();
            case HEADERS -> {
                long headers = timeouts.headers().toNanos();
                yield drained ? Math.min(headers, DrainBounds.BEGUN_NANOS) : headers;
            }
            case BODY -> Math.max(twoWindows, handler);
            case HANDLER -> handler;
            case RESPONSE ->
                Math.max(
                        Math.max(twoWindows, handler),
                        link.carriesTunnels() ? timeouts.tunnelIdle().toNanos() : 0);
            case IDLE -> drained ? ROUND_TRIP : timeouts.keepAliveIdle().toNanos();
            case TUNNEL -> timeouts.tunnelIdle().toNanos();
            case CLOSING -> timeouts.linger().toNanos();
            case POOL_WAIT, RESOLVE, CONNECT, PROXY, REQUEST, RESPONSE_HEAD ->
                throw new AssertionError("a client's phase on a server's connection");
        };
    }
}
