package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.AddressRanges;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * A listener that is wanted.
 *
 * @param address where
 * @param tls how it is encrypted, or {@code null} if it is not
 * @param proxies whose connections begin with the PROXY protocol, or {@code null} for nobody's
 * @param refuses whether it refuses those that there is no room for
 */
record Bind(
        InetSocketAddress address,
        @Nullable TlsSettings tls,
        @Nullable AddressRanges proxies,
        boolean refuses) {

    /** {@return what those are told that there is no room for} */
    byte[] refusal() {
        if (tls != null) {
            return new byte[] {21, 3, 3, 0, 2, 2, 80}; // a fatal alert, internal_error (RFC 8446 §6)
        }
        return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII);
    }
}
