package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Status;
import dev.millrace.http.TlsInfo;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ExchangeStream;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.TunnelRefusal;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * The way out of a server's connection: the response of the one request that is under way, and how it is framed
 * (RFC 9112 §6). Used again for the next request.
 */
final class Http1ServerStream implements ExchangeStream {
    private final Http1Connection connection;
    private Outbound outbound = Outbound.IDLE;
    private ContentFraming framing = ContentFraming.NONE;
    private @Nullable Status status;

    Http1ServerStream(Http1Connection connection) {
        this.connection = connection;
    }

    // ---- the connection's side

    Outbound outbound() {
        return outbound;
    }

    /** {@return the status of the response that has begun last} */
    @Nullable
    Status status() {
        return status;
    }

    /** A request has come: a response is owed. */
    void begin() {
        become(Outbound.HEADERS);
        status = null;
    }

    /** The response and its request are over, and another may follow. */
    void next() {
        become(Outbound.IDLE);
        framing = ContentFraming.NONE;
    }

    /** Answers a request that never becomes one: the last response of its connection. */
    void refuse(Status refusal, String detail) {
        byte[] text = (detail + "\n").getBytes(StandardCharsets.UTF_8);
        Headers fields = Headers.of(FieldName.CONTENT_TYPE, "text/plain; charset=utf-8");
        HeadEncoder encoder = connection.context.encoder;
        encoder.response(
                refusal,
                refusal == Status.SERVICE_UNAVAILABLE ? fields.with(FieldName.RETRY_AFTER, "1") : fields,
                text.length,
                false,
                HeadEncoder.Connection.CLOSE,
                loop().now());
        encoder.writeTo(transport());
        transport().write(text, 0, text.length);
    }

    private void become(Outbound next) {
        outbound = outbound.become(next);
    }

    private Transport transport() {
        return connection.transport;
    }

    // ---- the response

    @Override
    public void interim(Status interim, Headers headers) {
        if (connection.ending.open()
                && outbound == Outbound.HEADERS
                && connection.requireHead().version() != Version.HTTP_1_0) {
            HeadEncoder encoder = connection.context.encoder;
            encoder.interim(interim, headers);
            encoder.writeTo(transport());
        }
    }

    @Override
    public void respond(Status newStatus, Headers headers, long length, boolean content) {
        status = newStatus;
        boolean old = connection.requireHead().version() == Version.HTTP_1_0;
        framing = ContentFraming.ofResponse(length, content, old);
        if (framing == ContentFraming.UNTIL_CLOSE
                || headers.hasToken(FieldName.CONNECTION, "close")
                || connection.endsIfAnsweredNow()
                || connection.lastBeforeTheStop()) {
            connection.ending.announced();
        }
        head(
                newStatus,
                headers,
                newStatus == Status.NO_CONTENT ? -1 : length,
                length < 0 && !old && !newStatus.bodiless(),
                connectionField(headers, old));
    }

    private void head(
            Status newStatus, Headers headers, long length, boolean chunked, HeadEncoder.Connection connectionField) {
        HeadEncoder encoder = connection.context.encoder;
        encoder.response(newStatus, headers, length, chunked, connectionField, loop().now());
        become(Outbound.BODY);
        encoder.writeTo(transport());
    }

    private HeadEncoder.Connection connectionField(Headers headers, boolean old) {
        boolean close = !connection.ending.persists();
        if (headers.contains(FieldName.UPGRADE)) { // which is for this connection only (RFC 9110 §7.8)
            return close ? HeadEncoder.Connection.CLOSE_UPGRADE : HeadEncoder.Connection.UPGRADE;
        }
        if (close) {
            return HeadEncoder.Connection.CLOSE;
        }
        return old ? HeadEncoder.Connection.KEEP_ALIVE : HeadEncoder.Connection.DEFAULT;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        connection.context.content.write(transport(), framing, bytes, offset, length);
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        transport().writeFile(file, position, length);
    }

    @Override
    public boolean writable() {
        return transport().writable();
    }

    @Override
    public long held() {
        return transport().holding().bytes();
    }

    @Override
    public long pending() {
        return transport().pending();
    }

    @Override
    public void end(Headers trailers) {
        if (connection.ending.life() == Life.TUNNEL) {
            become(Outbound.DONE);
            connection.requireTunnel().endOutput();
        } else if (connection.ending.open()) {
            connection.context.content.end(transport(), framing, trailers);
            become(Outbound.DONE);
            connection.responseDone();
        }
    }

    @Override
    public void abort(CloseReason reason, @Nullable Throwable cause) {
        Ending ending = connection.ending;
        if (ending.over()) {
            return;
        }
        if (ending.life() == Life.TUNNEL && reason.normal()) {
            ending.now(reason);
        } else if (framing == ContentFraming.UNTIL_CLOSE) {
            ending.byReset(reason, cause);
        } else {
            ending.afterOutput(reason);
        }
    }

    // ---- tunnels

    @Override
    public TunnelRefusal refusesTunnel(Status wanted, Headers headers) {
        RequestHead request = connection.requireHead();
        if (connection.input.state() != Inbound.DONE) {
            return TunnelRefusal.CONTENT_NOT_READ;
        }
        if (request.method() == Method.CONNECT && wanted.family() == 2) {
            return TunnelRefusal.NONE;
        }
        String chosen = headers.get(FieldName.UPGRADE);
        if (request.method() == Method.CONNECT || wanted != Status.SWITCHING_PROTOCOLS || chosen == null) {
            return TunnelRefusal.MISUSED;
        }
        return request.upgradeRequested() && request.headers().hasToken(FieldName.UPGRADE, chosen)
                ? TunnelRefusal.NONE
                : TunnelRefusal.NOT_OFFERED;
    }

    @Override
    public void openTunnel(Status newStatus, Headers headers, InboundBody input) {
        status = newStatus;
        framing = ContentFraming.UNTIL_CLOSE;
        head(
                newStatus,
                headers,
                -1,
                false,
                newStatus == Status.SWITCHING_PROTOCOLS
                        ? HeadEncoder.Connection.UPGRADE
                        : HeadEncoder.Connection.DEFAULT);
        connection.openTunnel(new Http1Tunnel(transport(), connection.ending, input));
    }

    // ---- passed on

    @Override
    public void inboundChanged() {
        connection.inboundChanged();
    }

    @Override
    public void progressed() {
        connection.progressed();
    }

    @Override
    public Loop loop() {
        return transport().loop();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return transport().remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return transport().localAddress();
    }

    @Override
    public boolean secure() {
        return transport().secure();
    }

    @Override
    public @Nullable TlsInfo tls() {
        return transport().tls();
    }
}
