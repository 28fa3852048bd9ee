package dev.millrace.testkit;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/** Takes everything and does nothing. */
public class IgnoringProtocol implements Protocol {
    /**
     * The upper end of a connection.
     *
     * @param transport its lower end
     */
    public IgnoringProtocol(Transport transport) {}

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        return end;
    }

    @Override
    public void onEnd() {}

    @Override
    public void onWritable() {}

    @Override
    public void onDeadline(long now) {}

    @Override
    public void onDrain() {}

    @Override
    public Phase phase() {
        return Phase.IDLE;
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {}
}
