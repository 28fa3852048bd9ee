package dev.millrace.http;

import java.util.Locale;

/**
 * What an HTTP/2 peer may do too much of: things that cost it little and a server more. Each kind has a bound of its own
 * ({@link Http2Limits#floods()}). A connection whose peer passes it ends with GOAWAY and ENHANCE_YOUR_CALM (RFC 9113
 * §10.5), and {@link #detail()} makes its close reason exact.
 *
 * <p>Where nothing else is said below, a bound is the size of a bucket: so many at once. An empty bucket fills up within
 * ten seconds, so that a tenth of the bound a second is always allowed, and it fills up with the work that honest peers do:
 * a busy peer, however fast, is measured by what it does beyond that.
 */
public enum Flood {
    /**
     * RST_STREAM from the peer (CVE-2023-44487), 1,000: a browser that leaves a page cancels a few hundred at the most. Each
     * stream that comes to its end allows another one, so that a proxy may cancel as often as its many users do. A server may
     * reset whatever a client opens: of its frames only those count whose stream is gone.
     */
    RAPID_RESET(1_000),
    /**
     * RST_STREAM to the peer because of what it did wrong (CVE-2025-8671), 1,000: a client that opens more streams than
     * are allowed before it knows how many are has the others refused. Each stream that comes to its end allows another one.
     */
    PROVOKED_RESET(1_000),
    /**
     * CONTINUATION frames of one header block (CVE-2024-27316), 256, not a bucket: a block that is as long as is taken needs
     * fewer than ten, and an ordinary one may come byte by byte.
     */
    CONTINUATION(256),
    /**
     * SETTINGS frames, 100, of which each must be acknowledged: a peer that measures the network changes its window a few
     * dozen times. One frame counts once for every 32 parameters that it has.
     */
    SETTINGS(100),
    /**
     * PING frames, 1,000. Each DATA frame in either direction and each new stream allows another one: some peers measure the
     * round trip with every DATA frame that they get.
     */
    PING(1_000),
    /**
     * PRIORITY and PRIORITY_UPDATE frames, 1,000. Each new stream allows another four: browsers change the priorities of a
     * page's parts while they lay it out.
     */
    PRIORITY(1_000),
    /**
     * DATA frames that are empty, or all padding, and do not end their stream, 1,000. Each new stream allows another one:
     * some programs flush nothing now and then.
     */
    EMPTY_FRAMES(1_000),
    /**
     * WINDOW_UPDATE frames, 1,000. Each new stream allows another two, and each DATA frame to the peer allows another four
     * and one for every 512 bytes: some peers announce a window again in many small steps. A DATA frame below 256 bytes that
     * is so short because of a window allows none, and counts as one.
     */
    WINDOW_UPDATE(1_000),
    /**
     * Header sections that are too large, 100, each of which is answered with 431. Each stream that comes to its end allows
     * another one. A section that is many times too large is not even decompressed, and ends the connection.
     */
    HEADER_LIST(100),
    /**
     * DATA frames below 256 bytes that do not end their stream, while nobody reads what they bring, 65,536: the windows of
     * several streams full of messages of a few bytes each. Each byte that had to wait and is read allows another one.
     */
    TINY_DATA(65_536),
    /**
     * Answers that wait because the peer does not read them, 1,000, not a bucket: acknowledgements of SETTINGS and PING, and
     * RST_STREAM. An honest peer reads while it sends.
     */
    UNREAD_ANSWERS(1_000),
    /** Frames of unknown types, 1,000. Each new stream allows another four. */
    UNKNOWN_FRAMES(1_000),
    /**
     * DATA and HEADERS on streams that have been reset or refused, 10,000: what was on its way, which may be a window full of
     * short frames. Each stream that comes to its end allows another one, and each that a client gives up another 256. To a
     * client, RST_STREAM on a stream that it has reset is one of them.
     */
    STALE_FRAMES(10_000),
    /** GOAWAY frames, 100: to leave takes two. */
    GOAWAY(100);

    private final int defaultBound;
    private final String detail;

    Flood(int defaultBound) {
        this.defaultBound = defaultBound;
        this.detail = name().toLowerCase(Locale.ROOT);
    }

    /** {@return the bound that holds if no other is set} */
    public int defaultBound() {
        return defaultBound;
    }

    /** {@return the name in lower case, as it stands in the details of close reasons} */
    public String detail() {
        return detail;
    }
}
