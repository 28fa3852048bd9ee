package dev.millrace.internal.loop;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Moves what a selector watches to another one. */
final class KeyMove {
    private KeyMove() {}

    /** Moves all keys; what cannot be moved is given up. */
    static void all(Selector from, Selector to, EventLoop loop) {
        for (SelectionKey key : from.keys()) {
            if (key.isValid()) {
                Selectable selectable = (Selectable) key.attachment();
                try {
                    move(key, selectable, to);
                } catch (Throwable e) { // the others move all the same
                    loop.failed(selectable, "replacing a selector", e);
                }
            }
        }
    }

    private static void move(SelectionKey key, Selectable selectable, Selector to) throws IOException {
        int ops = key.interestOps();
        key.cancel();
        selectable.moved(key.channel().register(to, ops, selectable));
    }
}
