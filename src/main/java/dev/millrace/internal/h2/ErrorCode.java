package dev.millrace.internal.h2;

/** Why a stream or a connection is ended (RFC 9113 §7), in the order of the numbers on the wire. */
enum ErrorCode {
    /** Nothing is wrong. */
    NO_ERROR(0x0),
    PROTOCOL_ERROR(0x1),
    /** This side failed. */
    INTERNAL_ERROR(0x2),
    FLOW_CONTROL_ERROR(0x3),
    /** Settings were not acknowledged in time. */
    SETTINGS_TIMEOUT(0x4),
    /** A frame for a stream that is closed or half-closed. */
    STREAM_CLOSED(0x5),
    FRAME_SIZE_ERROR(0x6),
    /** Nothing was done with the stream, so that its request may be sent again. */
    REFUSED_STREAM(0x7),
    /** The stream is not wanted any more. */
    CANCEL(0x8),
    /** HPACK's state is lost. */
    COMPRESSION_ERROR(0x9),
    /** The TCP connection behind a CONNECT failed. */
    CONNECT_ERROR(0xa),
    /** The peer does too much of something. */
    ENHANCE_YOUR_CALM(0xb),
    INADEQUATE_SECURITY(0xc),
    HTTP_1_1_REQUIRED(0xd);

    private static final ErrorCode[] ALL = values();

    private final int code;

    ErrorCode(int code) {
        this.code = code;
    }

    /** {@return the number on the wire} */
    int code() {
        return code;
    }

    /**
     * Finds the constant of a number. One that RFC 9113 does not know must not cause anything special, and counts as
     * {@link #INTERNAL_ERROR}.
     */
    static ErrorCode of(int code) {
        return code >= 0 && code < ALL.length ? ALL[code] : INTERNAL_ERROR;
    }
}
