package dev.millrace.observe;

import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;

/**
 * What a connection was doing at a moment.
 *
 * @param id the number that no other connection of this process has
 * @param listener the name of the listener that accepted it
 * @param state what it is doing
 * @param ageNanos since it was accepted
 * @param bytesIn bytes received, as they were on the wire
 * @param bytesOut bytes sent, as they were on the wire
 * @param pendingOut bytes that wait to be sent
 * @param keptIn bytes received that nobody has taken yet
 * @param requests requests whose header section was complete
 * @param protocol what carries its requests, or {@code null} while that is not known
 * @param tlsVersion the TLS version, such as {@code TLSv1.3}, or {@code null} if there is none
 * @param cipherSuite the cipher suite, or {@code null} if there is none
 * @param alpn the protocol chosen by ALPN, or {@code null} if none was
 * @param remoteAddress the peer's address, or {@code null} if it was gone before it was asked for
 * @param http2 what only a connection of HTTP/2 has, else {@code null}
 */
public record ConnectionSnapshot(
        long id,
        String listener,
        ConnectionState state,
        long ageNanos,
        long bytesIn,
        long bytesOut,
        long pendingOut,
        long keptIn,
        long requests,
        @Nullable Version protocol,
        @Nullable String tlsVersion,
        @Nullable String cipherSuite,
        @Nullable String alpn,
        @Nullable InetSocketAddress remoteAddress,
        @Nullable Http2Snapshot http2) {

    /** {@return the peer's address and port without asking a name service, or {@code null}} */
    @Nullable
    String remote() {
        InetSocketAddress address = remoteAddress;
        if (address == null) {
            return null;
        }
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }
}
