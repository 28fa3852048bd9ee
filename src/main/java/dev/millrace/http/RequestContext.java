package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a request knows of the connection that brought it. Implemented by the library; a test may give its own to
 * {@link Request.Builder#context(RequestContext)}. Safe for any thread.
 */
public interface RequestContext {
    /** {@return the peer's address, or {@code null} where there is none, as in a test} */
    @Nullable
    InetSocketAddress remoteAddress();

    /** {@return this side's address, or {@code null} where there is none} */
    @Nullable
    InetSocketAddress localAddress();

    /** {@return whether the connection is encrypted} */
    boolean secure();

    /** {@return what is known of the TLS connection, or {@code null} if the connection is not encrypted} */
    default @Nullable TlsInfo tls() {
        return null;
    }

    /**
     * Completes when nobody waits for the response any more: the peer reset its connection or the stream, a deadline
     * passed, the server is being forced to stop. Never completes for a request that is served to its end.
     *
     * @return the stage; what depends on it runs on the event loop and must not block
     */
    CompletionStage<Void> cancelled();

    /**
     * Sends an interim response ahead of the final one, such as 103 Early Hints (RFC 8297). Dropped where it cannot be
     * sent: to an HTTP/1.0 peer, or after the final response has begun.
     *
     * @param status a 1xx status other than 101
     * @param headers the interim response's fields
     * @throws IllegalArgumentException if the status is not an interim one
     */
    void inform(Status status, Headers headers);

    /**
     * The protocol that an extended CONNECT of HTTP/2 asks for (RFC 8441), such as {@code websocket}:
     * {@link Request#upgradeOffered} looks at it.
     *
     * @return its name, or {@code null} for any other request
     */
    default @Nullable String connectProtocol() {
        return null;
    }

    /** {@return the context of a request that came from no connection: no addresses, never cancelled} */
    static RequestContext detached() {
        return new RequestContext() {
            private final CompletableFuture<Void> cancelled = new CompletableFuture<>();

            @Override
            public @Nullable InetSocketAddress remoteAddress() {
                return null;
            }

            @Override
            public @Nullable InetSocketAddress localAddress() {
                return null;
            }

            @Override
            public boolean secure() {
                return false;
            }

            @Override
            public CompletionStage<Void> cancelled() {
                return cancelled;
            }

            @Override
            public void inform(Status status, Headers headers) {
                requireInterim(status);
            }
        };
    }

    /**
     * Checks the status of an interim response.
     *
     * @param status the status
     * @throws IllegalArgumentException if it is 101, which changes the protocol, or not a 1xx
     */
    static void requireInterim(Status status) {
        if (!status.informational() || status.code() == 101) {
            throw new IllegalArgumentException(status + " is not the status of an interim response (RFC 9110 §15.2)");
        }
    }
}
