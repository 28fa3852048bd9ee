package dev.millrace.testkit;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsTarget;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.Metrics;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client's connection with TLS over a {@link MemoryTransport}, and its peer, which has a server's engine. */
public final class TlsClientFixture {
    private static final long HANDSHAKE_NANOS = 10_000_000_000L;
    private static final long LINGER_NANOS = 1_000_000_000L;

    private final TestLoop loop = new TestLoop(new ManualClock());
    private final StepExecutor tasks = new StepExecutor(loop);
    private final List<ConnectionEnd> failures = new ArrayList<>();
    private final List<HandshakeInfo> handshakes = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final TlsContext context;
    private final MemoryTransport transport;
    private final TlsTransport tls;
    private final TlsPeer peer;
    private @Nullable Speaking speaking;

    private TlsClientFixture(Builder builder) {
        Observer observer =
                new Observer(new Metrics().recorder("client"), List.of(new Listening()), () -> true, loop::report);
        this.context = new TlsContext(
                TlsAccess.settings(builder.client),
                new TlsBuffers(),
                HANDSHAKE_NANOS,
                LINGER_NANOS,
                builder.stepped ? tasks : null,
                observer);
        this.transport = new MemoryTransport(loop, new TransportSettings(1 << 16, 1 << 16, HANDSHAKE_NANOS, 1));
        TlsTransport[] made = new TlsTransport[1];
        TlsTarget target = new TlsTarget(builder.host, builder.port, builder.alpn);
        transport.connect(lower -> made[0] = TlsTransport.client(lower, context, target, new Upper()));
        this.tls = made[0];
        this.peer =
                new TlsPeer(transport, loop, TlsAccess.settings(builder.server).newServerEngine());
        if (builder.stepped) {
            peer.meanwhile(tasks::runAll);
        }
        loop.runTasks();
    }

    private final class Listening implements ConnectionListener {
        @Override
        public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
            handshakes.add(handshake);
            events.add("completed");
        }

        @Override
        public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
            handshakes.add(handshake);
            events.add("failed " + end.reason());
        }
    }

    private final class Upper implements TlsContext.Upper {
        @Override
        public Protocol create(Transport encrypted, String alpn) {
            Speaking made = new Speaking(encrypted, alpn);
            speaking = made;
            return made;
        }

        @Override
        public void failed(ConnectionEnd end) {
            failures.add(end);
        }
    }

    /** What speaks over the connection: sends what a test says, keeps what comes, and ends with the peer. */
    public static final class Speaking implements Protocol {
        private final Transport transport;
        private final String alpn;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final List<CloseReason> closings = new ArrayList<>();

        private Speaking(Transport transport, String alpn) {
            this.transport = transport;
            this.alpn = alpn;
        }

        /** {@return the encrypted connection} */
        public Transport transport() {
            return transport;
        }

        /** {@return the protocol that was chosen} */
        public String alpn() {
            return alpn;
        }

        /** {@return what has come, a character for each byte} */
        public String text() {
            return received.toString(StandardCharsets.ISO_8859_1);
        }

        /** {@return the reasons of the end, which ought to be one} */
        public List<CloseReason> closings() {
            return closings;
        }

        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            received.write(bytes, offset, end - offset);
            return end;
        }

        @Override
        public void onEnd() {
            transport.closeAfterOutput(CloseReason.COMPLETED);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {
            transport.close(CloseReason.IDLE_TIMEOUT);
        }

        @Override
        public void onDrain() {
            transport.closeAfterOutput(CloseReason.DRAINED);
        }

        @Override
        public Phase phase() {
            return Phase.REQUEST;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            closings.add(reason);
        }
    }

    /** {@return the loop} */
    public TestLoop loop() {
        return loop;
    }

    /** {@return where the engine's tasks run, if not on the loop} */
    public StepExecutor tasks() {
        return tasks;
    }

    /** {@return the transport below} */
    public MemoryTransport transport() {
        return transport;
    }

    /** {@return what is tested} */
    public TlsTransport tls() {
        return tls;
    }

    /** {@return the peer} */
    public TlsPeer peer() {
        return peer;
    }

    /** {@return what speaks over the connection, {@code null} before the handshake is complete} */
    public @Nullable Speaking speakingYet() {
        return speaking;
    }

    /** {@return what speaks over the connection} */
    public Speaking speaking() {
        if (speaking == null) {
            throw new AssertionError("the handshake is not complete: " + failures, peer.failure());
        }
        return speaking;
    }

    /** {@return why the handshake was not completed, as whoever waits was told: at most one} */
    public List<ConnectionEnd> failures() {
        loop.runTasks();
        return failures;
    }

    /** {@return the only failure} */
    public ConnectionEnd failure() {
        if (failures().size() != 1 || speaking != null) {
            throw new AssertionError("told " + failures + ", and " + (speaking == null ? "not open" : "open"));
        }
        return failures.get(0);
    }

    /** {@return what observers heard of handshakes} */
    public List<HandshakeInfo> handshakes() {
        return handshakes;
    }

    /** {@return how they ended} */
    public List<String> events() {
        return events;
    }

    /** Shakes hands as far as it goes. */
    public TlsClientFixture handshake() {
        peer.handshake();
        loop.runTasks();
        return this;
    }

    /**
     * Has the connection, which is open, carry another one with TLS: what speaks is what speaks over that.
     *
     * @param host what the inner connection wants to reach
     * @return its TLS, its hello out
     */
    public TlsTransport carry(String host) {
        Transport carrier = speaking().transport;
        speaking = null;
        TlsTransport inner = TlsTransport.client(carrier, context, new TlsTarget(host, 444, null), new Upper());
        carrier.handOver(inner);
        loop.runTasks();
        return inner;
    }

    /** Sends text over the encrypted connection. */
    public void say(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        speaking().transport.write(bytes, 0, bytes.length);
        loop.runTasks();
    }

    /** Lets time pass. */
    public void advance(Duration span) {
        loop.advance(span);
    }

    /**
     * The connection has ended for that reason, and nothing is left. If it is only waiting for the peer to read its last word,
     * the peer reads that and ends its own sending.
     *
     * @param reason why it should have
     */
    public void assertClosed(CloseReason reason) {
        loop.runTasks();
        if (!transport.closed() && transport.outputEnded()) {
            transport.peerEnds();
            loop.runTasks();
        }
        if (transport.closedFor() != reason) {
            throw new AssertionError(
                    "ended with " + transport.closedFor() + " (" + tls.closeDetail() + ") instead of " + reason);
        }
        if (speaking != null && !speaking.closings.equals(List.of(reason))) {
            throw new AssertionError("the protocol was told " + speaking.closings);
        }
        if (loop.armed() != 0 || transport.pending() != 0 || transport.kept() != 0 || tls.pending() != 0) {
            throw new AssertionError("left: " + loop.armed() + " deadlines, " + transport.pending() + " of "
                    + tls.pending() + " bytes out, " + transport.kept() + " bytes in");
        }
        if (!loop.reports().isEmpty()) {
            throw new AssertionError(
                    "reported: " + loop.reports(), loop.reports().get(0).error());
        }
    }

    /**
     * The handshake was not completed: whoever waits, the observers and the transport were told the same, once.
     *
     * @param reason why
     * @param detail what makes it exact, or {@code null}
     * @return what whoever waits was told
     */
    public ConnectionEnd assertFailed(CloseReason reason, @Nullable String detail) {
        ConnectionEnd end = failure();
        assertClosed(reason);
        if (end.reason() != reason
                || end.phase() != Phase.HANDSHAKE
                || !String.valueOf(end.detail()).equals("" + detail)) {
            throw new AssertionError("told " + end + " instead of " + reason + " " + detail);
        }
        if (failures().size() != 1 || !events.equals(List.of("failed " + reason))) {
            throw new AssertionError("observed " + events + ", told " + failures);
        }
        return end;
    }

    /** {@return settings of a connection} */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings. */
    public static final class Builder {
        private Tls server = TlsFixture.build(TlsFixture.SELF.server());
        private Tls client = TlsFixture.build(TlsFixture.client());
        private String host = "localhost";
        private int port = 443;
        private @Nullable List<String> alpn;
        private boolean stepped;

        private Builder() {}

        /** Sets the server's configuration. */
        public Builder server(Tls.Builder value) {
            return server(TlsFixture.build(value));
        }

        /** Sets the server's configuration, to be shared with other connections. */
        public Builder server(Tls value) {
            server = value;
            return this;
        }

        /** Sets the client's configuration. */
        public Builder client(Tls.Builder value) {
            return client(TlsFixture.build(value));
        }

        /** Sets the client's configuration, to be shared with other connections. */
        public Builder client(Tls value) {
            client = value;
            return this;
        }

        /** Sets the version that the client speaks. */
        public Builder version(String value) {
            return client(TlsFixture.client().protocols(value));
        }

        /** Sets the host that the client wants. */
        public Builder host(String value) {
            host = value;
            return this;
        }

        /** Sets the application protocols that the client offers. */
        public Builder alpn(String... values) {
            alpn = List.of(values);
            return this;
        }

        /** Lets the engine's tasks wait for the test, instead of running on the loop. */
        public Builder stepped() {
            stepped = true;
            return this;
        }

        /** {@return the connection, its hello out} */
        public TlsClientFixture connect() {
            return new TlsClientFixture(this);
        }

        /** {@return the connection, its handshake complete} */
        public TlsClientFixture open() {
            TlsClientFixture fixture = connect().handshake();
            fixture.speaking();
            return fixture;
        }
    }
}
