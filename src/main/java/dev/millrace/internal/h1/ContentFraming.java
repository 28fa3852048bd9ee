package dev.millrace.internal.h1;

/** How a peer finds the end of a message's content (RFC 9112 §6.3). */
enum ContentFraming {
    /** There is none. */
    NONE,
    /** By Content-Length. */
    LENGTH,
    /** By the last chunk. */
    CHUNKED,
    /** By the end of the connection: a response to HTTP/1.0 with no known length; also a tunnel. */
    UNTIL_CLOSE;

    /** {@return the framing of a response} */
    static ContentFraming ofResponse(long length, boolean content, boolean old) {
        if (!content) {
            return NONE;
        }
        if (length >= 0) {
            return LENGTH;
        }
        return old ? UNTIL_CLOSE : CHUNKED;
    }
}
