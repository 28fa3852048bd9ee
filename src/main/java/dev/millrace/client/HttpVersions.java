package dev.millrace.client;

/** Which versions of HTTP a client speaks. */
public enum HttpVersions {
    /** HTTP/2 and HTTP/1.1 over TLS, as the server chooses by ALPN (RFC 7301); HTTP/1.1 in the clear. The default. */
    NEGOTIATED,
    /** HTTP/1.1 only. */
    HTTP_1_1,
    /** HTTP/2 only: over TLS by ALPN, in the clear by prior knowledge (RFC 9113 §3.3). */
    HTTP_2
}
