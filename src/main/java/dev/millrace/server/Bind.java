package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.AddressRanges;
import java.net.InetSocketAddress;

/**
 * A listener that is wanted.
 *
 * @param address where
 * @param tls how it is encrypted, or {@code null} if it is not
 * @param proxies whose connections begin with the PROXY protocol, or {@code null} for nobody's
 */
record Bind(
        InetSocketAddress address,
        @Nullable TlsSettings tls,
        @Nullable AddressRanges proxies) {}
