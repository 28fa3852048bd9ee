package dev.millrace.observe;

import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.jfr.FlightRecorder;

/**
 * Makes Flight Recorder events of what happens to connections. The only class besides the events that knows of
 * {@code jdk.jfr}; {@link JfrListener} loads it when there is something to record. Keeps something for a connection only while
 * its events are being recorded, and nothing after its end.
 */
final class JfrRecorder implements ConnectionListener {
    /** The spans of a connection that have begun. Touched by its loop alone. */
    private static final class Open {
        private @Nullable ConnectionEvent connection;

        private @Nullable HandshakeEvent handshake;

        private @Nullable IdentityHashMap<Request, RequestEvent> requests;
    }

    private final Map<Long, Open> open = new ConcurrentHashMap<>();

    JfrRecorder() {}

    /** {@return whether there has been a recording; to be asked only where the module is known to be there} */
    static boolean running() {
        return FlightRecorder.isInitialized();
    }

    /** Loads the event types, so that a recording finds them from its beginning. */
    static void register() {
        FlightRecorder.register(ConnectionEvent.class);
        FlightRecorder.register(HandshakeEvent.class);
        FlightRecorder.register(RequestEvent.class);
        FlightRecorder.register(CloseEvent.class);
    }

    /** {@return how many connections something is kept for} */
    int kept() {
        return open.size();
    }

    @Override
    public void opened(ConnectionInfo connection) {
        ConnectionEvent span = new ConnectionEvent();
        HandshakeEvent handshake = new HandshakeEvent();
        boolean recorded = span.isEnabled();
        boolean handshakeRecorded = handshake.isEnabled();
        if (!recorded && !handshakeRecorded) {
            return;
        }
        Open spans = new Open();
        if (recorded) {
            span.begin();
            spans.connection = span;
        }
        if (handshakeRecorded) {
            handshake.begin();
            spans.handshake = handshake;
        }
        open.put(connection.id(), spans);
    }

    @Override
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        handshake(connection, handshake, HandshakeResult.completed(handshake.resumed()));
    }

    @Override
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        handshake(connection, handshake, HandshakeResult.failed(end.reason()));
    }

    private void handshake(ConnectionInfo connection, HandshakeInfo info, HandshakeResult result) {
        Open spans = open.get(connection.id());
        HandshakeEvent event = spans == null ? null : spans.handshake;
        if (spans == null || event == null) {
            return;
        }
        spans.handshake = null;
        event.end();
        if (event.shouldCommit()) {
            ClientHello hello = info.clientHello();
            event.connectionId = connection.id();
            event.listener = connection.listener();
            event.result = lower(result);
            event.serverName = hello == null ? null : hello.serverName();
            event.fingerprint = hello == null ? null : hello.ja4();
            event.tlsVersion = info.protocol();
            event.cipherSuite = info.cipherSuite();
            event.alpn = info.alpn();
            event.alertReceived = info.alertReceived();
            event.alertSent = info.alertSent();
            event.commit();
        }
    }

    @Override
    public void requestStarted(ConnectionInfo connection, Request request) {
        RequestEvent event = new RequestEvent();
        if (event.isEnabled()) {
            event.begin();
            Long id = connection.id();
            Open spans = open.get(id);
            if (spans == null) {
                spans = new Open(); // opened before the recording
                open.put(id, spans);
            }
            IdentityHashMap<Request, RequestEvent> requests = spans.requests;
            if (requests == null) {
                requests = new IdentityHashMap<>();
                spans.requests = requests;
            }
            requests.put(request, event);
        }
    }

    @Override
    public void requestEnded(ConnectionInfo connection, Request request, @Nullable Status status, long nanos) {
        Open spans = open.get(connection.id());
        RequestEvent event = spans == null || spans.requests == null ? null : spans.requests.remove(request);
        if (event == null) {
            return;
        }
        event.end();
        if (event.shouldCommit()) {
            event.connectionId = connection.id();
            event.listener = connection.listener();
            event.protocol = ProtocolNames.of(request.version());
            event.method = request.method().toString();
            event.path = request.path();
            event.status = status == null ? 0 : status.code();
            event.commit();
        }
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {
        CloseEvent close = new CloseEvent();
        if (close.shouldCommit()) {
            close.connectionId = connection.id();
            close.listener = connection.listener();
            close.reason = lower(end.reason());
            close.initiator = lower(end.reason().initiator());
            close.phase = lower(end.phase());
            close.normal = end.reason().normal();
            close.detail = end.detail();
            close.commit();
        }
        Open spans = open.remove(connection.id());
        ConnectionEvent span = spans == null ? null : spans.connection;
        if (span == null) {
            return;
        }
        span.end();
        if (span.shouldCommit()) {
            InetSocketAddress remote = connection.remoteAddress();
            span.connectionId = connection.id();
            span.listener = connection.listener();
            if (remote != null) {
                span.remoteAddress = remote.getAddress() == null
                        ? remote.getHostString()
                        : remote.getAddress().getHostAddress();
                span.remotePort = remote.getPort();
            }
            span.tlsVersion = handshake == null ? null : handshake.protocol();
            span.reason = lower(end.reason());
            span.requests = stats.requests();
            span.bytesIn = stats.bytesIn();
            span.bytesOut = stats.bytesOut();
            span.commit();
        }
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
