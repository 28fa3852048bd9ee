package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;

/**
 * A response (RFC 9110 §3.4): immutable, and, unless its body can be read only once, fit to be built once and sent many
 * times. The server adds {@code Date}, {@code Server}, {@code Content-Length} or {@code Transfer-Encoding} and
 * {@code Connection} itself; {@code Connection: close} among the headers asks it to close the connection.
 *
 * <p>Safe for any thread.
 */
public final class Response {
    private final Status status;
    private final Headers headers;
    private final Body body;
    private final Tunnel.@Nullable Handler tunnel;

    private Response(Status status, Headers headers, Body body, Tunnel.@Nullable Handler tunnel) {
        this.status = status;
        this.headers = headers;
        this.body = body;
        this.tunnel = tunnel;
    }

    /**
     * A response without headers and content.
     *
     * @param status a final status
     * @return the response
     * @throws IllegalArgumentException for a 1xx status: see {@link Request#inform(Status, Headers)} and
     *     {@link #switchingProtocols(String, Tunnel.Handler)}
     */
    public static Response of(Status status) {
        return of(status, Headers.empty(), Body.empty());
    }

    /**
     * A response.
     *
     * @param status a final status
     * @param headers the header section
     * @param body the content
     * @return the response
     * @throws IllegalArgumentException for a 1xx status
     */
    public static Response of(Status status, Headers headers, Body body) {
        if (status.informational()) {
            throw new IllegalArgumentException(
                    status + " is interim: send it with Request.inform, or open a tunnel with"
                            + " Response.switchingProtocols");
        }
        return new Response(status, headers, body, null);
    }

    /**
     * 200 with plain text.
     *
     * @param text the content, sent in UTF-8
     * @return the response
     */
    public static Response text(String text) {
        return text(Status.OK, text);
    }

    /**
     * Plain text.
     *
     * @param status a final status
     * @param text the content, sent in UTF-8
     * @return the response
     */
    public static Response text(Status status, String text) {
        return typed(status, "text/plain; charset=utf-8", Body.of(text));
    }

    /**
     * 200 with HTML.
     *
     * @param html the content, sent in UTF-8
     * @return the response
     */
    public static Response html(String html) {
        return typed(Status.OK, "text/html; charset=utf-8", Body.of(html));
    }

    /**
     * 200 with JSON.
     *
     * @param json the content, sent in UTF-8
     * @return the response
     */
    public static Response json(String json) {
        return typed(Status.OK, "application/json", Body.of(json));
    }

    /**
     * 200 with content of a type.
     *
     * @param contentType the media type
     * @param body the content
     * @return the response
     * @throws IllegalArgumentException if the type cannot stand in a field value
     */
    public static Response ok(String contentType, Body body) {
        return typed(Status.OK, contentType, body);
    }

    private static Response typed(Status status, String contentType, Body body) {
        return of(status, Headers.of(FieldName.CONTENT_TYPE, contentType), body);
    }

    /**
     * A redirection.
     *
     * @param status one of 301, 302, 303, 307, 308
     * @param location where to
     * @return the response, without content
     * @throws IllegalArgumentException if the status is another one, or the location cannot stand in a field value
     */
    public static Response redirect(Status status, String location) {
        switch (status.code()) {
            case 301, 302, 303, 307, 308 -> {}
            default ->
                throw new IllegalArgumentException(status + " is not a redirection with a Location (RFC 9110 §15.4)");
        }
        return of(status, Headers.of(FieldName.LOCATION, location), Body.empty());
    }

    /**
     * 101 (RFC 9110 §15.2.2): the connection stops being HTTP. Answers a request that offers the protocol in its
     * {@code Upgrade} field ({@link Request#upgradeOffered}); to any other request the server sends 426 with that field
     * instead.
     *
     * @param protocol the protocol's name for the {@code Upgrade} field, such as {@code websocket}
     * @param handler takes the bytes over
     * @return the response; more headers may be added
     */
    public static Response switchingProtocols(String protocol, Tunnel.Handler handler) {
        return new Response(Status.SWITCHING_PROTOCOLS, Headers.of(FieldName.UPGRADE, protocol), Body.empty(), handler);
    }

    /**
     * 200 to a CONNECT request (RFC 9110 §9.3.6, RFC 8441): the connection, or the HTTP/2 stream, becomes a tunnel. To any
     * other request the server sends 500 instead and reports the mistake.
     *
     * @param handler takes the bytes over
     * @return the response; more headers may be added
     */
    public static Response tunnel(Tunnel.Handler handler) {
        return new Response(Status.OK, Headers.empty(), Body.empty(), handler);
    }

    /** {@return the status} */
    public Status status() {
        return status;
    }

    /** {@return the header section, without what the server adds} */
    public Headers headers() {
        return headers;
    }

    /** {@return the content} */
    public Body body() {
        return body;
    }

    /** {@return who takes the connection over, or {@code null} for an ordinary response} */
    public Tunnel.@Nullable Handler tunnel() {
        return tunnel;
    }

    /**
     * This response with one more header field.
     *
     * @param name the field's name
     * @param value the field's value
     * @return the changed response
     * @throws IllegalArgumentException for a bad name or value
     */
    public Response withHeader(String name, String value) {
        return new Response(status, headers.with(name, value), body, tunnel);
    }

    /**
     * This response with another header section.
     *
     * @param value the fields
     * @return the changed response
     */
    public Response withHeaders(Headers value) {
        return new Response(status, value, body, tunnel);
    }

    /**
     * This response with another content.
     *
     * @param value the content
     * @return the changed response
     */
    public Response withBody(Body value) {
        return new Response(status, headers, value, tunnel);
    }

    /** {@return status and headers, for a log} */
    @Override
    public String toString() {
        return status + " " + headers + (tunnel != null ? " tunnel" : " " + body);
    }
}
