package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.internal.bytes.Nullable;

/**
 * The peer broke a rule: the end of a stream (RFC 9113 §5.4.2) or of the connection (§5.4.1). Caught in one place of the
 * connection, which sends the RST_STREAM or the GOAWAY. It has no stack trace, for it would name only the loop.
 */
final class Http2Error extends Exception {
    private static final long serialVersionUID = 1L;

    private final int streamId;
    private final ErrorCode code;
    private final String detail;
    private final @Nullable Flood flood;

    private Http2Error(int streamId, ErrorCode code, String detail, @Nullable Flood flood) {
        super(detail, null, false, false);
        this.streamId = streamId;
        this.code = code;
        this.detail = detail;
        this.flood = flood;
    }

    /** The connection ends. */
    static Http2Error connection(ErrorCode code, String detail) {
        return new Http2Error(0, code, detail, null);
    }

    /** The connection ends: PROTOCOL_ERROR. */
    static Http2Error protocol(String detail) {
        return connection(ErrorCode.PROTOCOL_ERROR, detail);
    }

    /**
     * The connection ends: FRAME_SIZE_ERROR. Whether a frame could have changed the connection's state, without which the end
     * of a stream would do (RFC 9113 §4.2), is not worth telling apart.
     */
    static Http2Error frameSize(String detail) {
        return connection(ErrorCode.FRAME_SIZE_ERROR, detail);
    }

    /** One stream ends; the connection, if the identifier is 0. */
    static Http2Error stream(int streamId, ErrorCode code, String detail) {
        return new Http2Error(streamId, code, detail, null);
    }

    /** The connection ends, since the peer did too much of something. */
    static Http2Error flood(Flood kind, String detail) {
        return new Http2Error(0, ErrorCode.ENHANCE_YOUR_CALM, detail, kind);
    }

    /** {@return the stream that ends, or 0 if the connection does} */
    int streamId() {
        return streamId;
    }

    /** {@return whether the connection ends, not just a stream} */
    boolean endsConnection() {
        return streamId == 0;
    }

    ErrorCode code() {
        return code;
    }

    /** {@return the rule, in one sentence that shows nothing of what was sent} */
    String detail() {
        return detail;
    }

    /** {@return what there was too much of, or {@code null} if something else is wrong} */
    @Nullable
    Flood flood() {
        return flood;
    }
}
