package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;

/**
 * A TLS handshake, complete or as far as it had come. What the peer offered stands in {@link #clientHello()}.
 *
 * @param clientHello what the peer offered, or {@code null} if it had not come whole
 * @param protocol the TLS version chosen, such as {@code TLSv1.3}, or {@code null} if none was
 * @param cipherSuite the cipher suite chosen, or {@code null} if none was
 * @param alpn the protocol chosen by ALPN, or {@code null} if none was
 * @param resumed whether an earlier session was taken up again
 * @param nanos from being accepted to the end of the handshake, or to now
 * @param bytesIn bytes received for it
 * @param bytesOut bytes sent for it
 * @param alertReceived the name of the alert that the peer sent, {@code unknown} if it cannot be told, or {@code null} if
 *     there was none
 * @param alertSent the name of the alert that this side sent, {@code unknown} if it cannot be told, or {@code null} if there
 *     was none
 */
public record HandshakeInfo(
        @Nullable ClientHello clientHello,
        @Nullable String protocol,
        @Nullable String cipherSuite,
        @Nullable String alpn,
        boolean resumed,
        long nanos,
        long bytesIn,
        long bytesOut,
        @Nullable String alertReceived,
        @Nullable String alertSent) {

    /**
     * This handshake with the alerts that were known at the connection's end, which may come after the handshake.
     *
     * @param received the name of the alert that the peer sent, or {@code null}
     * @param sent the name of the alert that this side sent, or {@code null}
     * @return the changed handshake
     */
    public HandshakeInfo withAlerts(@Nullable String received, @Nullable String sent) {
        return new HandshakeInfo(
                clientHello, protocol, cipherSuite, alpn, resumed, nanos, bytesIn, bytesOut, received, sent);
    }
}
