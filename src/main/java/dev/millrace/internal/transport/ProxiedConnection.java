package dev.millrace.internal.transport;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;

/** The beginning of a connection from a trusted proxy: takes the header that says whose it is, and then hands it over. */
public final class ProxiedConnection implements Protocol {
    private final Transport transport;
    private final Protocol.Factory protocols;
    private final long headerNanos;
    private final ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();
    private final long opened;
    private long begun; // when the first byte came, 0 before
    private long drained = Transport.NEVER;
    private @Nullable String detail;

    /**
     * A connection that has just been opened.
     *
     * @param transport its lower end
     * @param protocols makes what speaks after the header
     * @param firstByteNanos how long the header is waited for
     * @param headerNanos how long it may take from its first byte on
     */
    public ProxiedConnection(Transport transport, Protocol.Factory protocols, long firstByteNanos, long headerNanos) {
        this.transport = transport;
        this.protocols = protocols;
        this.headerNanos = headerNanos;
        this.opened = transport.loop().now();
        transport.deadline(opened + firstByteNanos);
    }

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        if (begun == 0) {
            begun = transport.loop().now() | 1;
            rearm();
        }
        return switch (decoder.decode(bytes, offset, end)) {
            case INCOMPLETE -> offset;
            case COMPLETE -> handOver(bytes, decoder.next(), end);
            case REJECTED -> {
                detail = "proxy_header";
                transport.close(CloseReason.PROTOCOL_ERROR);
                yield end;
            }
        };
    }

    private int handOver(byte[] bytes, int at, int end) {
        transport.standsFor(decoder.source(), decoder.destination());
        Protocol successor = protocols.create(transport);
        transport.handOver(successor);
        int taken = at < end ? successor.onBytes(bytes, at, end) : at;
        if (drained != Transport.NEVER) {
            successor.onDrain();
        }
        return taken;
    }

    @Override
    public void onEnd() {
        transport.close(begun == 0 ? CloseReason.PEER_SILENT : CloseReason.TRUNCATED_REQUEST);
    }

    @Override
    public void onWritable() {
        throw new IllegalStateException("nothing was written");
    }

    private void rearm() {
        transport.deadline(DrainBounds.apply(begun + headerNanos, begun, drained, DrainBounds.BEGUN_NANOS));
    }

    @Override
    public void onDeadline(long now) {
        transport.close(begun == 0 ? CloseReason.FIRST_BYTE_TIMEOUT : CloseReason.HEADERS_TIMEOUT);
    }

    @Override
    public void onDrain() {
        if (begun == 0 && transport.unread() == 0) {
            transport.close(CloseReason.DRAINED);
        } else if (drained == Transport.NEVER) {
            drained = transport.loop().now();
            if (begun != 0) {
                rearm();
            }
        }
    }

    @Override
    public Phase phase() {
        return begun == 0 ? Phase.OPENED : Phase.HANDSHAKE;
    }

    @Override
    public @Nullable String closeDetail() {
        return detail;
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        // nothing is held
    }
}
