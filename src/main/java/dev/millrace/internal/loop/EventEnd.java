package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.AfterEvent;
import java.util.ArrayDeque;

/** Who has collected something within an event of a loop, and sends it at the event's end. */
final class EventEnd {
    private final EventLoop loop;
    private final ArrayDeque<AfterEvent> ending = new ArrayDeque<>();
    private @Nullable AfterEvent collecting;

    EventEnd(EventLoop loop) {
        this.loop = loop;
    }

    /** Somebody collects from now on; who did before sends what he has. */
    void collector(AfterEvent collector) {
        AfterEvent before = collecting;
        if (before != collector) {
            collecting = collector;
            if (before != null) {
                flush(before);
            }
        }
    }

    void add(AfterEvent last) {
        ending.add(last);
    }

    /** The event has ended. */
    void come() {
        do {
            for (AfterEvent last; (last = ending.poll()) != null; ) {
                flush(last);
            }
            AfterEvent collector = collecting;
            if (collector != null) {
                collecting = null;
                flush(collector);
            }
        } while (collecting != null || !ending.isEmpty());
    }

    private void flush(AfterEvent sender) {
        try {
            sender.flush();
        } catch (Throwable e) { // one connection's failure is not the others', nor that of whose event this is
            loop.failed(sender, e);
        }
    }
}
