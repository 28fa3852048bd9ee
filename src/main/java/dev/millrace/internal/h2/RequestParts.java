package dev.millrace.internal.h2;

import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.internal.bytes.Nullable;

/**
 * A request's header section that kept every rule of RFC 9113 §8.3.1. Immutable, so that a section that comes again can be
 * used again.
 *
 * @param method the method
 * @param scheme the scheme in lower case; empty for a CONNECT
 * @param authority host and port
 * @param target the path with its query, as it was sent; the authority for a CONNECT
 * @param path the target without its query; empty for a CONNECT
 * @param query what follows the question mark, or {@code null}
 * @param protocol what an extended CONNECT asks for (RFC 8441), or {@code null}
 * @param headers the fields that are no pseudo-header fields
 * @param contentLength what Content-Length says, or -1
 * @param expectContinue whether the client waits for a 100 before it sends content
 * @param priority the value of the {@code priority} field (RFC 9218), or {@code null}
 */
record RequestParts(
        Method method,
        String scheme,
        String authority,
        String target,
        String path,
        @Nullable String query,
        @Nullable String protocol,
        Headers headers,
        long contentLength,
        boolean expectContinue,
        @Nullable String priority) {

    boolean tunnel() {
        return method == Method.CONNECT;
    }
}
