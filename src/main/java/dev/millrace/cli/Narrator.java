package dev.millrace.cli;

import dev.millrace.client.HttpClient;
import dev.millrace.http.Headers;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.session.SessionSnapshot;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Tells on standard error what a client does: {@code *} of the connection, {@code >} what is sent, {@code <} what comes. */
final class Narrator implements ConnectionListener {
    private final PrintStream to;

    Narrator(PrintStream to) {
        this.to = to;
    }

    private void line(String mark, String text) {
        to.println(mark + " " + Main.printable(text));
    }

    private void fields(String mark, Headers headers) {
        for (int i = 0; i < headers.size(); i++) {
            line(mark, headers.name(i) + ": " + headers.value(i));
        }
        line(mark, "");
    }

    // ---- the connection

    @Override
    public void opened(ConnectionInfo connection) {
        line("*", "connected to " + connection.remoteAddress() + " from " + connection.localAddress());
    }

    @Override
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        line(
                "*",
                "TLS: " + handshake.protocol() + ", " + handshake.cipherSuite() + ", ALPN "
                        + (handshake.alpn() == null ? "none" : handshake.alpn())
                        + (handshake.resumed() ? ", resumed" : "") + ", in " + millis(handshake.nanos()));
    }

    @Override
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        line("*", "TLS: " + end.reason() + (end.detail() == null ? "" : " (" + end.detail() + ")"));
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {
        line(
                "*",
                "connection closed: " + end.reason() + ", " + stats.bytesIn() + " bytes in, " + stats.bytesOut()
                        + " bytes out");
    }

    // ---- the exchange

    void asks(Request request) {
        line(">", request.method() + " " + request.target());
        line(">", "Host: " + request.authority());
        fields(">", request.headers());
    }

    void interim(Status status, Headers headers) {
        line("<", status.toString());
        fields("<", headers);
    }

    void answered(HttpClient client, Response response) throws IOException {
        session(client, "response head");
        line("<", response.status().toString());
        fields("<", response.headers());
    }

    void ended(HttpClient client, Response response) throws IOException {
        session(client, "response complete");
        if (response.body().hasTrailers() && !response.body().trailers().isEmpty()) {
            fields("<", response.body().trailers());
        }
    }

    private void session(HttpClient client, String when) throws IOException {
        for (SessionSnapshot session : sessions(client)) {
            line(
                    "*",
                    when + ": " + session.version() + " on session " + session.id()
                            + (session.exchanges() > 1
                                    ? ", used again (exchange " + session.exchanges() + ")"
                                    : ", " + millis(session.age().toNanos()) + " after it was asked for")
                            + ", " + session.reusability());
        }
    }

    private static List<SessionSnapshot> sessions(HttpClient client) throws IOException {
        try {
            return client.sessions().toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    private static String millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis() + "." + nanos / 100_000 % 10 + " ms";
    }
}
