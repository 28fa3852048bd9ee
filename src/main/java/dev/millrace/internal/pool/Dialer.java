package dev.millrace.internal.pool;

import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.h1.Http1ClientConnection;
import dev.millrace.internal.h1.TargetForm;
import dev.millrace.internal.h2.Http2ClientConnection;
import dev.millrace.internal.loop.Connecting;
import dev.millrace.internal.loop.HappyEyeballs;
import dev.millrace.internal.loop.SocketTransport;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsTarget;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.session.ExchangeTimeoutException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Opens connections: finds the addresses of a name, connects to one, negotiates TLS where it is wanted. */
public final class Dialer implements SessionOpener {
    private final DialSettings settings;
    private @Nullable CompletableFuture<Void> tlsReady; // guarded by this

    /**
     * A dialer.
     *
     * @param settings what it needs
     */
    public Dialer(DialSettings settings) {
        this.settings = settings;
    }

    /** What all engines share takes long to make, so not on a loop; it is made when the first connection wants it. */
    private synchronized CompletionStage<Void> prepared() {
        CompletableFuture<Void> making = tlsReady;
        if (making == null) {
            making = CompletableFuture.runAsync(settings.prepareTls(), settings.blocking());
            tlsReady = making;
        }
        return making;
    }

    @Override
    public Opening open(ClientSession session) {
        Dial dial = new Dial(session, settings.on(session.loop()));
        dial.resolve();
        return dial;
    }

    @Override
    public boolean mayShare(PoolKey key) {
        return key.secure() ? settings.alpn().contains("h2") : settings.http2InClear();
    }

    /** One connection on its way. On its session's loop. */
    private final class Dial extends Deadline
            implements Opening, Connecting.Outcome, Protocol.Factory, TlsContext.Upper {
        private enum State {
            RESOLVING,
            CONNECTING,
            HANDSHAKING,
            OVER
        }

        private final ClientSession session;
        private final DialSettings.OnLoop on;
        private State state = State.RESOLVING;
        private @Nullable Connecting connecting;
        private @Nullable SocketTransport socket;
        private @Nullable ClientConnection ready; // in the clear, before the socket's owner knows of it
        private @Nullable Transport carrier;

        Dial(ClientSession session, DialSettings.OnLoop on) {
            this.session = session;
            this.on = on;
        }

        // ---- addresses

        void resolve() {
            String host = session.key().host();
            on.loop().arm(this, on.loop().now() + session.timeouts().resolve().toNanos());
            CompletionStage<List<InetAddress>> asked;
            try {
                asked = settings.resolver().resolve(host);
            } catch (RuntimeException | Error e) { // the user's
                notResolved(e);
                return;
            }
            CompletionStage<List<InetAddress>> known =
                    session.key().secure() ? asked.thenCombine(prepared(), (found, done) -> found) : asked;
            known.whenComplete((found, failure) -> on.loop().execute(() -> {
                if (failure != null) {
                    notResolved(failure);
                } else if (found == null || found.isEmpty()) {
                    notResolved(new IOException("the resolver gave no address for " + host));
                } else {
                    connect(found);
                }
            }));
        }

        private void notResolved(Throwable failure) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (state == State.RESOLVING) {
                fails(new HttpException(
                        "cannot resolve " + session.key().host() + ": " + cause.getMessage(),
                        Initiator.NETWORK,
                        Phase.RESOLVE,
                        true,
                        cause));
            }
        }

        /** The only deadline of its own: the other steps are watched where they are taken. */
        @Override
        protected void expired(long now) {
            if (state == State.RESOLVING) {
                fails(new ExchangeTimeoutException("resolve", Phase.RESOLVE, true, session.snapshot()));
            }
        }

        // ---- the connection

        private void connect(List<InetAddress> found) {
            if (state != State.RESOLVING) {
                return;
            }
            state = State.CONNECTING;
            on.loop().cancel(this);
            List<InetSocketAddress> addresses = new ArrayList<>(found.size());
            for (InetAddress address : found) {
                addresses.add(new InetSocketAddress(address, session.key().port()));
            }
            connecting = HappyEyeballs.connect(
                    settings.connector(),
                    on.loop(),
                    addresses,
                    new Endpoint(this, on.observer()),
                    session.timeouts().connect().toNanos(),
                    HappyEyeballs.ATTEMPT_DELAY_NANOS,
                    this);
        }

        /** Makes the protocol of the connection that has won. */
        @Override
        public Protocol create(Transport transport) {
            PoolKey key = session.key();
            if (key.secure()) {
                return TlsTransport.client(
                        transport, on.tls(), new TlsTarget(key.host(), key.port(), settings.alpn()), this);
            }
            return speak(transport, settings.http2InClear());
        }

        @Override
        public void connected(SocketTransport transport) {
            connecting = null;
            socket = transport;
            ClientConnection made = ready;
            Transport lower = carrier;
            if (made != null && lower != null) {
                opens(made, lower);
            } else {
                state = State.HANDSHAKING;
            }
        }

        @Override
        public void failed(CloseReason reason, IOException cause) {
            connecting = null;
            fails(
                    reason == CloseReason.CONNECT_TIMEOUT
                            ? new ExchangeTimeoutException("connect", Phase.CONNECT, true, session.snapshot())
                            : new HttpException(
                                    "cannot connect to " + session.key().origin() + ": " + cause.getMessage(),
                                    Initiator.NETWORK,
                                    Phase.CONNECT,
                                    true,
                                    cause));
        }

        // ---- TLS

        @Override
        public Protocol create(Transport transport, String alpn) {
            Protocol made;
            try {
                made = speak(transport, alpn.equals("h2"));
            } catch (RuntimeException | Error e) { // for want of memory, say: those who wait are to know
                fails(new HttpException(
                        "no HTTP connection to " + session.key().origin() + ": " + e,
                        Initiator.LOCAL,
                        Phase.OPENED,
                        true,
                        e));
                throw e;
            }
            // when it has been told that this is its protocol
            on.loop().execute(() -> {
                ClientConnection speaker = ready;
                if (speaker != null) {
                    opens(speaker, transport);
                }
            });
            return made;
        }

        @Override
        public void failed(ConnectionEnd end) {
            if (end.reason() == CloseReason.HANDSHAKE_TIMEOUT) {
                fails(new ExchangeTimeoutException("handshake", Phase.HANDSHAKE, true, session.snapshot()));
                return;
            }
            String detail = end.detail();
            Throwable cause = end.cause();
            fails(new HttpException(
                    "no TLS connection to " + session.key().origin() + ": " + end.reason()
                            + (detail == null ? "" : " (" + detail + ")")
                            + because(cause),
                    end.reason().initiator(),
                    Phase.HANDSHAKE,
                    true,
                    cause));
        }

        /** The innermost cause says it best: those around it name classes. */
        private static String because(@Nullable Throwable failure) {
            Throwable cause = failure;
            while (cause != null && cause.getCause() != null) {
                cause = cause.getCause();
            }
            return cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage();
        }

        // ---- HTTP

        private Protocol speak(Transport transport, boolean http2) {
            carrier = transport;
            if (http2) {
                Http2ClientConnection made = new Http2ClientConnection(transport, on.http2(), session);
                ready = made;
                return made;
            }
            Http1ClientConnection made = new Http1ClientConnection(transport, on.http1(), TargetForm.ORIGIN, session);
            ready = made;
            return made;
        }

        private void opens(ClientConnection made, Transport lower) {
            if (state != State.OVER) {
                state = State.OVER;
                session.opened(made, lower);
            }
        }

        private void fails(HttpException failure) {
            if (state != State.OVER) {
                state = State.OVER;
                on.loop().cancel(this);
                session.notOpened(failure);
            }
        }

        @Override
        public void cancel() {
            if (state == State.OVER) {
                return;
            }
            state = State.OVER;
            on.loop().cancel(this);
            Connecting begun = connecting;
            SocketTransport open = socket;
            if (begun != null) {
                begun.cancel();
            } else if (open != null) {
                open.close(CloseReason.DRAINED);
            }
        }
    }
}
