package dev.millrace.internal.h2;

/** Types of frames and their flags, as they stand on the wire (RFC 9113 §6, RFC 9218 §7.1). */
final class FrameType {
    static final int DATA = 0x0;
    static final int HEADERS = 0x1;
    static final int PRIORITY = 0x2;
    static final int RST_STREAM = 0x3;
    static final int SETTINGS = 0x4;
    static final int PUSH_PROMISE = 0x5;
    static final int PING = 0x6;
    static final int GOAWAY = 0x7;
    static final int WINDOW_UPDATE = 0x8;
    static final int CONTINUATION = 0x9;
    static final int PRIORITY_UPDATE = 0x10;

    /** On DATA and HEADERS. */
    static final int END_STREAM = 0x1;

    /** On SETTINGS and PING. */
    static final int ACK = 0x1;

    /** On HEADERS and CONTINUATION. */
    static final int END_HEADERS = 0x4;

    /** On DATA and HEADERS. */
    static final int PADDED = 0x8;

    /** On HEADERS: the fields of an old priority come first. */
    static final int WITH_PRIORITY = 0x20;

    /** Bytes of a frame's header: length, type, flags, stream identifier (RFC 9113 §4.1). */
    static final int HEADER_LENGTH = 9;

    private FrameType() {}
}
