package dev.millrace.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;

/** A writer that runs at most once: whoever comes second hears of it instead of sending half of what it expects. */
final class OneShotWriter implements Body.Writer {
    private final Body.Writer writer;
    private final AtomicBoolean used = new AtomicBoolean();

    OneShotWriter(Body.Writer writer) {
        this.writer = writer;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "the body has been read, sent or abandoned before and can be used only once");
        }
        writer.writeTo(out);
    }

    /** Without effect on a writer that has run: abandoning stands instead of writing. */
    @Override
    public void abandon() {
        if (used.compareAndSet(false, true)) {
            writer.abandon();
        }
    }
}
