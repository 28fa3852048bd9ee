package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.TlsSettings;
import java.net.InetSocketAddress;

/**
 * A listener that is wanted.
 *
 * @param address where
 * @param tls how it is encrypted, or {@code null} if it is not
 */
record Bind(InetSocketAddress address, @Nullable TlsSettings tls) {}
