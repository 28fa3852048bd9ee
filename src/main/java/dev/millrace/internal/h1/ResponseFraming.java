package dev.millrace.internal.h1;

/** How a peer finds the end of a response's content (RFC 9112 §6.3). */
enum ResponseFraming {
    /** There is none. */
    NONE,
    /** By Content-Length. */
    LENGTH,
    /** By the last chunk. */
    CHUNKED,
    /** By the end of the connection: HTTP/1.0 and no known length; also a tunnel. */
    UNTIL_CLOSE
}
