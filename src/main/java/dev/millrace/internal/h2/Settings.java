package dev.millrace.internal.h2;

import dev.millrace.http.Http2Limits;

/**
 * What one side of a connection has announced (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1). Numbers above 2^31-1 count as
 * 2^31-1, which says that there is no limit.
 */
final class Settings {
    static final int HEADER_TABLE_SIZE = 0x1;
    static final int ENABLE_PUSH = 0x2;
    static final int MAX_CONCURRENT_STREAMS = 0x3;
    static final int INITIAL_WINDOW_SIZE = 0x4;
    static final int MAX_FRAME_SIZE = 0x5;
    static final int MAX_HEADER_LIST_SIZE = 0x6;
    static final int ENABLE_CONNECT_PROTOCOL = 0x8;
    static final int NO_RFC7540_PRIORITIES = 0x9;

    /** What has a constant here; all others are ignored. */
    static final int[] IDS = {
        HEADER_TABLE_SIZE,
        ENABLE_PUSH,
        MAX_CONCURRENT_STREAMS,
        INITIAL_WINDOW_SIZE,
        MAX_FRAME_SIZE,
        MAX_HEADER_LIST_SIZE,
        ENABLE_CONNECT_PROTOCOL,
        NO_RFC7540_PRIORITIES
    };

    /** A window before any setting (RFC 9113 §6.9.2). */
    static final int DEFAULT_WINDOW = 65_535;

    /** The longest frame that everybody takes (RFC 9113 §4.2). */
    static final int LEAST_FRAME_SIZE = 1 << 14;

    private static final int MOST_FRAME_SIZE = (1 << 24) - 1;

    private final boolean ofServer;
    private int headerTableSize = initial(HEADER_TABLE_SIZE);
    private int enablePush = initial(ENABLE_PUSH);
    private int maxConcurrentStreams = initial(MAX_CONCURRENT_STREAMS);
    private int initialWindowSize = initial(INITIAL_WINDOW_SIZE);
    private int maxFrameSize = initial(MAX_FRAME_SIZE);
    private int maxHeaderListSize = initial(MAX_HEADER_LIST_SIZE);
    private int enableConnectProtocol = initial(ENABLE_CONNECT_PROTOCOL);
    private int noRfc7540Priorities = initial(NO_RFC7540_PRIORITIES);
    private boolean prioritiesSaid;

    private Settings(boolean ofServer) {
        this.ofServer = ofServer;
    }

    /** What a client has announced before it says anything. */
    static Settings ofClient() {
        return new Settings(false);
    }

    /** What a server has announced before it says anything. */
    static Settings ofServer() {
        return new Settings(true);
    }

    /**
     * What a server of ours announces: it takes extended CONNECT, and follows RFC 9218 instead of RFC 7540's priorities.
     *
     * @param limits what it takes
     * @param maxHeaderListSize bytes of a request's header list as HPACK counts them, 32 for each field on top
     */
    static Settings announcedByServer(Http2Limits limits, int maxHeaderListSize) {
        Settings own = new Settings(true);
        own.headerTableSize = limits.headerTable();
        own.maxConcurrentStreams = limits.concurrentStreams();
        own.initialWindowSize = limits.streamWindow();
        own.maxFrameSize = limits.frameSize();
        own.maxHeaderListSize = maxHeaderListSize;
        own.enableConnectProtocol = 1;
        own.noRfc7540Priorities = 1;
        return own;
    }

    /**
     * What a client of ours announces: it takes no pushed responses (RFC 9113 §8.4).
     *
     * @param limits what it takes
     * @param maxHeaderListSize bytes of a response's header list as HPACK counts them, 32 for each field on top
     */
    static Settings announcedByClient(Http2Limits limits, int maxHeaderListSize) {
        Settings own = new Settings(false);
        own.headerTableSize = limits.headerTable();
        own.enablePush = 0;
        own.initialWindowSize = limits.streamWindow();
        own.maxFrameSize = limits.frameSize();
        own.maxHeaderListSize = maxHeaderListSize;
        return own;
    }

    /** {@return what a parameter is before anybody says anything} */
    static int initial(int id) {
        return switch (id) {
            case HEADER_TABLE_SIZE -> 4_096;
            case ENABLE_PUSH -> 1;
            case INITIAL_WINDOW_SIZE -> DEFAULT_WINDOW;
            case MAX_FRAME_SIZE -> LEAST_FRAME_SIZE;
            case ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES -> 0;
            case MAX_CONCURRENT_STREAMS, MAX_HEADER_LIST_SIZE -> Integer.MAX_VALUE;
            default -> throw new IllegalArgumentException("no setting has the number " + id);
        };
    }

    /** {@return a parameter that has a constant here} */
    int get(int id) {
        return switch (id) {
            case HEADER_TABLE_SIZE -> headerTableSize;
            case ENABLE_PUSH -> enablePush;
            case MAX_CONCURRENT_STREAMS -> maxConcurrentStreams;
            case INITIAL_WINDOW_SIZE -> initialWindowSize;
            case MAX_FRAME_SIZE -> maxFrameSize;
            case MAX_HEADER_LIST_SIZE -> maxHeaderListSize;
            case ENABLE_CONNECT_PROTOCOL -> enableConnectProtocol;
            case NO_RFC7540_PRIORITIES -> noRfc7540Priorities;
            default -> throw new IllegalArgumentException("no setting has the number " + id);
        };
    }

    /**
     * Takes one parameter of a SETTINGS frame. What it means for windows and tables is the caller's.
     *
     * @param id which; ignored if it is not known
     * @param value from 0 to 2^32-1
     */
    void set(int id, long value) throws Http2Error {
        int clipped = (int) Math.min(value, Integer.MAX_VALUE);
        switch (id) {
            case HEADER_TABLE_SIZE -> headerTableSize = clipped;
            case ENABLE_PUSH -> {
                if (ofServer && value == 1) {
                    throw Http2Error.protocol("A server enables push, which only a client can (RFC 9113 §6.5.2).");
                }
                enablePush = flag(value, "SETTINGS_ENABLE_PUSH is neither 0 nor 1 (RFC 9113 §6.5.2).");
            }
            case MAX_CONCURRENT_STREAMS -> maxConcurrentStreams = clipped;
            case INITIAL_WINDOW_SIZE -> {
                if (value > Integer.MAX_VALUE) {
                    throw Http2Error.connection(
                            ErrorCode.FLOW_CONTROL_ERROR,
                            "SETTINGS_INITIAL_WINDOW_SIZE is above 2^31-1 (RFC 9113 §6.5.2).");
                }
                initialWindowSize = clipped;
            }
            case MAX_FRAME_SIZE -> {
                if (value < LEAST_FRAME_SIZE || value > MOST_FRAME_SIZE) {
                    throw Http2Error.protocol("SETTINGS_MAX_FRAME_SIZE is not from 2^14 to 2^24-1 (RFC 9113 §6.5.2).");
                }
                maxFrameSize = clipped;
            }
            case MAX_HEADER_LIST_SIZE -> maxHeaderListSize = clipped;
            case ENABLE_CONNECT_PROTOCOL -> {
                int enabled = flag(value, "SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1 (RFC 8441 §3).");
                if (enabled < enableConnectProtocol) {
                    throw Http2Error.protocol("SETTINGS_ENABLE_CONNECT_PROTOCOL is taken back (RFC 8441 §3).");
                }
                enableConnectProtocol = enabled;
            }
            case NO_RFC7540_PRIORITIES -> {
                int without = flag(value, "SETTINGS_NO_RFC7540_PRIORITIES is neither 0 nor 1 (RFC 9218 §2.1).");
                if (prioritiesSaid && without != noRfc7540Priorities) {
                    throw Http2Error.protocol("SETTINGS_NO_RFC7540_PRIORITIES is changed (RFC 9218 §2.1).");
                }
                prioritiesSaid = true;
                noRfc7540Priorities = without;
            }
            default -> {
                // unknown parameters are ignored (RFC 9113 §6.5.2)
            }
        }
    }

    private static int flag(long value, String otherwise) throws Http2Error {
        if (value > 1) {
            throw Http2Error.protocol(otherwise);
        }
        return (int) value;
    }

    /** {@return bytes of the dynamic table of the side's decoder} */
    int headerTableSize() {
        return headerTableSize;
    }

    /** {@return whether the side takes pushed responses} */
    boolean enablePush() {
        return enablePush == 1;
    }

    /** {@return how many streams the other side may have open} */
    int maxConcurrentStreams() {
        return maxConcurrentStreams;
    }

    /** {@return what the other side may send on a new stream} */
    int initialWindowSize() {
        return initialWindowSize;
    }

    /** {@return the longest payload of a frame that the side takes} */
    int maxFrameSize() {
        return maxFrameSize;
    }

    /** {@return the longest header list that the side takes, as HPACK counts} */
    int maxHeaderListSize() {
        return maxHeaderListSize;
    }

    /** {@return whether the side takes extended CONNECT (RFC 8441)} */
    boolean enableConnectProtocol() {
        return enableConnectProtocol == 1;
    }

    /** {@return whether the side does not use RFC 7540's priorities (RFC 9218)} */
    boolean noRfc7540Priorities() {
        return noRfc7540Priorities == 1;
    }
}
