package dev.millrace.http;

/** How far a connection or a request had come when something happened to it. */
public enum Phase {
    /** Connected; no byte of a request yet on a connection that has not served one. */
    OPENED,
    /** TLS is being negotiated. */
    HANDSHAKE,
    /** The first byte of a request is there, the end of its header section is not. */
    HEADERS,
    /** The content of a request is arriving. */
    BODY,
    /** The request is complete and the handler owes a response. */
    HANDLER,
    /** The response is being sent. */
    RESPONSE,
    /** Between two requests of a persistent connection. */
    IDLE,
    /** The connection was handed over (101, or 2xx to CONNECT). */
    TUNNEL,
    /** The last response is out and the connection is being closed. */
    CLOSING
}
