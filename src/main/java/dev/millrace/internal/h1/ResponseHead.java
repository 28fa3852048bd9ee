package dev.millrace.internal.h1;

import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Status;
import dev.millrace.http.Version;

/**
 * A status line and a header section that kept every rule of RFC 9112. Immutable and safe for any thread.
 *
 * @param status the status
 * @param version HTTP/1.0, or HTTP/1.1 for it and any later minor version
 * @param headers the fields
 * @param chunked whether content comes in chunks
 * @param contentLength what Content-Length says, -1 if it says nothing or does not count
 * @param keepAlive whether the server lets the connection persist (RFC 9112 §9.3)
 */
record ResponseHead(
        Status status, Version version, Headers headers, boolean chunked, long contentLength, boolean keepAlive) {

    /**
     * How the end of the response's content is found (RFC 9112 §6.3).
     *
     * @param method of the request
     * @return how
     */
    ContentFraming framing(Method method) {
        if (method == Method.HEAD || status.bodiless()) {
            return ContentFraming.NONE;
        }
        if (chunked) {
            return ContentFraming.CHUNKED;
        }
        if (contentLength == 0) {
            return ContentFraming.NONE;
        }
        return contentLength > 0 ? ContentFraming.LENGTH : ContentFraming.UNTIL_CLOSE;
    }
}
