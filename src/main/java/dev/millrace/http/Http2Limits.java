package dev.millrace.http;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Bounds on what a peer can make a server hold or do that only HTTP/2 knows; those of {@link Limits} hold too. Immutable;
 * change one with its {@code with…} method.
 *
 * <p>What is held of requests' content for one connection is bounded by {@code maxConnectionWindow}.
 *
 * @param concurrentStreams requests of a connection at once, 128: RFC 9113 asks for at least 100, and a browser loads a page
 *     with fewer. Passed: the stream is refused, which tells the client that it may send the request again
 * @param headerTable bytes of the table of header fields that a client may make this side keep for a connection, 4,096, the
 *     protocol's own default: it holds what a browser says with each request. From 0 to 16 MiB
 * @param encoderTable bytes of the table that this side keeps for the header fields it sends, if the client allows so many,
 *     4,096: it holds what a server says with each response. From 0 to 16 MiB
 * @param frameSize bytes of a frame's payload, 16,384, the protocol's own default and least: in longer frames one stream keeps
 *     the others waiting. At most 16,777,215. Passed: the connection is closed
 * @param streamWindow bytes of a request's content that a client may send before any is read, 65,535, the protocol's own
 *     default: enough for most requests. Passed: the stream is reset
 * @param maxStreamWindow to what {@code streamWindow} grows while a connection fills it within each round trip, 4 MiB: 300
 *     Mbit/s over 100 ms
 * @param connectionWindow the same as {@code streamWindow} for all streams of a connection together, 1 MiB: so many clients
 *     that send at once are not slowed down by one another. At least 65,535, where the protocol begins
 * @param maxConnectionWindow to what {@code connectionWindow} grows, 8 MiB, and what of all requests' content may wait unread
 *     or be on its way at once. The window opens again as content arrives, so that streams that nobody reads leave room for
 *     those that are read; it stays shut once so much waits. While all connections of the runtime together hold more than
 *     they may, a connection has no more than 64 KiB of unread content before its window stays shut
 * @param floods the bound of each kind of {@link Flood}, at least 1; kinds that are not in the map have their default
 */
public record Http2Limits(
        int concurrentStreams,
        int headerTable,
        int encoderTable,
        int frameSize,
        int streamWindow,
        int maxStreamWindow,
        int connectionWindow,
        int maxConnectionWindow,
        Map<Flood, Integer> floods) {

    private static final int PROTOCOL_WINDOW = 65_535;
    private static final int LEAST_FRAME = 1 << 14;
    private static final int MOST_FRAME = (1 << 24) - 1;
    private static final int MOST_TABLE = 16 << 20;

    private static final Http2Limits DEFAULTS =
            new Http2Limits(128, 4_096, 4_096, LEAST_FRAME, PROTOCOL_WINDOW, 4 << 20, 1 << 20, 8 << 20, Map.of());

    /**
     * Checks every bound.
     *
     * @param concurrentStreams as described above
     * @param headerTable as described above
     * @param encoderTable as described above
     * @param frameSize as described above
     * @param streamWindow as described above
     * @param maxStreamWindow as described above, at least {@code streamWindow}
     * @param connectionWindow as described above
     * @param maxConnectionWindow as described above, at least {@code connectionWindow}
     * @param floods as described above
     * @throws IllegalArgumentException naming the bound that is too small or too large
     */
    public Http2Limits {
        within("concurrentStreams", concurrentStreams, 1, Integer.MAX_VALUE);
        within("headerTable", headerTable, 0, MOST_TABLE);
        within("encoderTable", encoderTable, 0, MOST_TABLE);
        within("frameSize", frameSize, LEAST_FRAME, MOST_FRAME);
        within("streamWindow", streamWindow, 1, Integer.MAX_VALUE);
        within("maxStreamWindow", maxStreamWindow, streamWindow, Integer.MAX_VALUE);
        within("connectionWindow", connectionWindow, PROTOCOL_WINDOW, Integer.MAX_VALUE);
        within("maxConnectionWindow", maxConnectionWindow, connectionWindow, Integer.MAX_VALUE);
        EnumMap<Flood, Integer> all = new EnumMap<>(Flood.class);
        for (Flood kind : Flood.values()) {
            int bound = floods.getOrDefault(kind, kind.defaultBound());
            within("floods." + kind, bound, 1, Integer.MAX_VALUE);
            all.put(kind, bound);
        }
        floods = Collections.unmodifiableMap(all);
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("Http2Limits." + name + " is " + value + " but must be "
                    + (value < least ? "at least " + least : "at most " + most));
        }
    }

    /** {@return the bounds described above} */
    public static Http2Limits defaults() {
        return DEFAULTS;
    }

    /**
     * The bound of one kind of flood.
     *
     * @param kind of what there may be too much
     * @return its bound
     */
    public int flood(Flood kind) {
        Integer bound = floods.get(kind); // all are there
        return bound == null ? kind.defaultBound() : bound;
    }

    /**
     * These bounds with another {@link #concurrentStreams()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withConcurrentStreams(int value) {
        return new Http2Limits(
                value,
                headerTable,
                encoderTable,
                frameSize,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #headerTable()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withHeaderTable(int value) {
        return new Http2Limits(
                concurrentStreams,
                value,
                encoderTable,
                frameSize,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #encoderTable()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withEncoderTable(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                value,
                frameSize,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #frameSize()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withFrameSize(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                value,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #streamWindow()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withStreamWindow(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                frameSize,
                value,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #maxStreamWindow()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withMaxStreamWindow(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                frameSize,
                streamWindow,
                value,
                connectionWindow,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #connectionWindow()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withConnectionWindow(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                frameSize,
                streamWindow,
                maxStreamWindow,
                value,
                maxConnectionWindow,
                floods);
    }

    /**
     * These bounds with another {@link #maxConnectionWindow()}.
     *
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withMaxConnectionWindow(int value) {
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                frameSize,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                value,
                floods);
    }

    /**
     * These bounds with another one for one kind of flood.
     *
     * @param kind of what there may be too much
     * @param value the new bound
     * @return the changed bounds
     */
    public Http2Limits withFlood(Flood kind, int value) {
        Map<Flood, Integer> changed = new EnumMap<>(floods);
        changed.put(kind, value);
        return new Http2Limits(
                concurrentStreams,
                headerTable,
                encoderTable,
                frameSize,
                streamWindow,
                maxStreamWindow,
                connectionWindow,
                maxConnectionWindow,
                changed);
    }
}
