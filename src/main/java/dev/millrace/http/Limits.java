package dev.millrace.http;

import java.util.Objects;

/**
 * Bounds on what a peer can make a server hold, each with a default. Immutable; change one with its {@code with…} method.
 * A bound that is passed gets the answer named beside it and a close reason.
 *
 * @param requestLine bytes of a request line, 16 KiB: twice what browsers and proxies send at the most. Passed: 414
 * @param headerSection bytes of all field lines of a header or trailer section, 32 KiB: room for large cookies and
 *     tokens. Passed: 431
 * @param headerFields fields of a header or trailer section, 200: real requests stay below 100. Passed: 431
 * @param body bytes of a request's content, 1 TiB: a streaming handler may take any size, and what a handler holds it
 *     bounds itself where it asks ({@link Body#bytes(int)}); this refuses only what cannot be meant. Passed: 413
 * @param chunkExtensions bytes of all chunk extensions of a body, 16 KiB: nobody uses them, and unbounded they cost
 *     more than the data. Passed: 400
 * @param discard bytes of an unread request body that are read and thrown away to keep a connection, 256 KiB: about
 *     what a new connection costs. Passed: the connection is closed after the response
 * @param outboundBuffer bytes of a response that wait in memory, 64 KiB, before its producer is paused; the pieces that
 *     it has been asked for by then, at most four, are taken whole on top. Over HTTP/2, responses of one connection that
 *     wait pause each other's producers at eight times as much together
 * @param inboundBuffer bytes that are read ahead for one connection while nobody asks for them, 64 KiB, before its
 *     socket is paused; the last read may bring up to 64 KiB on top
 * @param connections open connections of a server, on all its listeners together, 65,536: descriptors usually end first.
 *     Passed: accepting pauses until one ends
 * @param handlers requests whose blocking handlers run or wait for a thread at once, 4,096 for each server. Passed: 503
 * @param http2 the bounds that only HTTP/2 knows
 */
public record Limits(
        int requestLine,
        int headerSection,
        int headerFields,
        long body,
        int chunkExtensions,
        int discard,
        int outboundBuffer,
        int inboundBuffer,
        int connections,
        int handlers,
        Http2Limits http2) {

    private static final Limits DEFAULTS = new Limits(
            16 << 10,
            32 << 10,
            200,
            1L << 40,
            16 << 10,
            256 << 10,
            64 << 10,
            64 << 10,
            65_536,
            4_096,
            Http2Limits.defaults());

    /**
     * Checks every bound.
     *
     * @param requestLine as described above
     * @param headerSection as described above
     * @param headerFields as described above
     * @param body as described above
     * @param chunkExtensions as described above
     * @param discard as described above
     * @param outboundBuffer as described above
     * @param inboundBuffer as described above
     * @param connections as described above
     * @param handlers as described above
     * @param http2 as described above
     * @throws IllegalArgumentException naming the bound that is too small
     */
    public Limits {
        atLeast("requestLine", requestLine, 32);
        atLeast("headerSection", headerSection, 128);
        atLeast("headerFields", headerFields, 1);
        atLeast("body", body, 0);
        atLeast("chunkExtensions", chunkExtensions, 0);
        atLeast("discard", discard, 0);
        atLeast("outboundBuffer", outboundBuffer, 1);
        atLeast("inboundBuffer", inboundBuffer, 1);
        atLeast("connections", connections, 1);
        atLeast("handlers", handlers, 1);
        Objects.requireNonNull(http2, "Limits.http2");
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException("Limits." + name + " is " + value + " but must be at least " + least);
        }
    }

    /** {@return the bounds described above} */
    public static Limits defaults() {
        return DEFAULTS;
    }

    /**
     * These bounds with another {@link #requestLine()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withRequestLine(int value) {
        return new Limits(
                value,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #headerSection()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withHeaderSection(int value) {
        return new Limits(
                requestLine,
                value,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #headerFields()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withHeaderFields(int value) {
        return new Limits(
                requestLine,
                headerSection,
                value,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #body()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withBody(long value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                value,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #chunkExtensions()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withChunkExtensions(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                value,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #discard()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withDiscard(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                value,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #outboundBuffer()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withOutboundBuffer(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                value,
                inboundBuffer,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #inboundBuffer()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withInboundBuffer(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                value,
                connections,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #connections()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withConnections(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                value,
                handlers,
                http2);
    }

    /**
     * These bounds with another {@link #handlers()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Limits withHandlers(int value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                value,
                http2);
    }

    /**
     * These bounds with others for HTTP/2.
     *
     * @param value the new bounds
     * @return the changed bounds
     */
    public Limits withHttp2(Http2Limits value) {
        return new Limits(
                requestLine,
                headerSection,
                headerFields,
                body,
                chunkExtensions,
                discard,
                outboundBuffer,
                inboundBuffer,
                connections,
                handlers,
                value);
    }
}
