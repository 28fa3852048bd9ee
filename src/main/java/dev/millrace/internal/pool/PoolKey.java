package dev.millrace.internal.pool;

import dev.millrace.http.Request;
import java.util.Locale;

/**
 * What sessions have in common that can stand in for each other: where they lead, and by which way. The TLS identity is the
 * client's, of which each has one pool.
 *
 * @param scheme {@code http} or {@code https}
 * @param host in lower case, an IPv6 address without its brackets
 * @param port the port
 * @param route the way there
 */
public record PoolKey(String scheme, String host, int port, Route route) {
    /**
     * The key of the sessions that can carry a request.
     *
     * @param request its scheme and authority say where to
     * @param route the way there
     * @return the key
     * @throws IllegalArgumentException if the request does not say where to
     */
    public static PoolKey of(Request request, Route route) {
        String authority = request.authority();
        int colon = authority.lastIndexOf(':');
        boolean named = colon > authority.lastIndexOf(']');
        String host = named ? authority.substring(0, colon) : authority;
        int port = request.scheme().equals("https") ? 443 : 80;
        if (named && colon + 1 < authority.length()) {
            try {
                port = Integer.parseInt(authority, colon + 1, authority.length(), 10);
            } catch (NumberFormatException e) {
                port = 0;
            }
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || port < 1 || port > 65535) {
            throw new IllegalArgumentException("the request does not say which host it is for: its authority is \""
                    + authority + "\"; use Request.get(\"https://host/path\") or set authority");
        }
        return new PoolKey(request.scheme(), host.toLowerCase(Locale.ROOT), port, route);
    }

    /** {@return whether TLS leads there} */
    public boolean secure() {
        return scheme.equals("https");
    }

    /** {@return scheme, host and port, for logs and snapshots} */
    public String origin() {
        return scheme + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
