package dev.millrace.internal.observer;

import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.Http2Snapshot;

/** What each part of a connection knows of it, put together when somebody asks. */
public final class ConnectionFacts {
    /** Requests whose header section was complete. */
    public long requests;

    /** From being ready for a request to the first byte of one; 0 if none came. */
    public long firstByteNanos;

    /** From being accepted to the end of the TLS handshake; 0 if there was none. */
    public long handshakeNanos;

    /** Bytes received and kept by a part above the socket. */
    public long keptIn;

    /** What carries the requests. */
    public @Nullable Version protocol;

    /** What only a connection of HTTP/2 has. */
    public @Nullable Http2Snapshot http2;

    /** The TLS version. */
    public @Nullable String tlsVersion;

    /** The cipher suite. */
    public @Nullable String cipherSuite;

    /** The protocol chosen by ALPN. */
    public @Nullable String alpn;

    /** The TLS handshake as far as it has come, where it was remembered. */
    public @Nullable HandshakeInfo handshake;
}
