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
    CLOSING,
    /** A client's request waits for a connection. */
    POOL_WAIT,
    /** A client looks for the addresses of a name. */
    RESOLVE,
    /** A client connects to an address. */
    CONNECT,
    /** A client waits for a proxy's answer. */
    PROXY,
    /** A client sends a request. */
    REQUEST,
    /** A client's request is out, and the header section of the response is not there. */
    RESPONSE_HEAD
}
