package dev.millrace.observe;

import dev.millrace.http.Version;

/** Versions of HTTP as ALPN and metrics name them. */
final class ProtocolNames {
    private ProtocolNames() {}

    /** {@return the version's name in ALPN: {@code http/1.0}, {@code http/1.1} or {@code h2}} */
    static String of(Version version) {
        return switch (version) {
            case HTTP_1_0 -> "http/1.0";
            case HTTP_1_1 -> "http/1.1";
            case HTTP_2 -> "h2";
        };
    }
}
