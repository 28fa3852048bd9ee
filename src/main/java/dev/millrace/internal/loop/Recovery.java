package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;

/**
 * How a loop goes on when there is no memory. Closing connections gives memory back, but takes a little first: that is held in
 * reserve.
 */
final class Recovery {
    private static final int RESERVE = 128 << 10;

    /** How soon memory is put aside again. */
    private static final long AGAIN_NANOS = 1_000_000_000;

    private static final byte[] NOTHING = new byte[0];

    private final EventLoop loop;
    private byte[] reserve = new byte[RESERVE];
    private long since; // when memory was last put aside
    private @Nullable SocketTransport toEnd; // the first of those that there was no task for

    Recovery(EventLoop loop) {
        this.loop = loop;
    }

    /** Something was given up, perhaps for lack of memory: what is held in reserve is there for what follows. */
    void needed() {
        reserve = NOTHING;
    }

    /** A connection has ended, and there is no memory for a task that says so. */
    void endLater(SocketTransport transport) {
        needed();
        transport.nextToEnd(toEnd);
        toEnd = transport;
    }

    /** {@return whether there is something to be done at once} */
    boolean urgent() {
        return toEnd != null;
    }

    /** The end of a turn: tells what could not be told, and puts memory aside again. */
    void recover(long now) {
        if (reserve != NOTHING) {
            return;
        }
        for (SocketTransport transport; (transport = toEnd) != null; ) {
            toEnd = transport.nextToEnd();
            transport.nextToEnd(null);
            loop.runTask(transport);
        }
        if (now - since > AGAIN_NANOS) {
            since = now;
            reserve = new byte[RESERVE];
        }
    }
}
