package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Response;
import dev.millrace.http.Status;

/** Which content a response may have, and what is said of it (RFC 9110 §6.4.1, §8.6). */
final class ResponseContent {
    private ResponseContent() {}

    /** {@return whether a response with this status has content} */
    static boolean allowed(Status status, boolean toHead) {
        return !toHead && !status.bodiless() && status != Status.RESET_CONTENT; // RFC 9110 §15.3.6
    }

    /**
     * The length that the response's framing will say; a handler's own Content-Length must agree with its body.
     *
     * @throws IllegalArgumentException if it does not
     */
    static long length(Response response, boolean toHead) {
        Status status = response.status();
        if (status == Status.RESET_CONTENT) {
            return 0; // it has none, and says so
        }
        long length = response.body().length();
        String declared = response.headers().get(FieldName.CONTENT_LENGTH);
        if (declared == null) {
            return status == Status.NOT_MODIFIED ? Body.UNKNOWN_LENGTH : length;
        }
        long stated;
        try {
            stated = Long.parseLong(declared);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the response's Content-Length is not a number: " + declared, e);
        }
        boolean mayLeaveOut = length == 0 && (toHead || status == Status.NOT_MODIFIED);
        if (stated < 0 || length >= 0 && stated != length && !mayLeaveOut) {
            throw new IllegalArgumentException(
                    "the response's Content-Length says " + stated + " but its body has " + length + " bytes");
        }
        return stated;
    }

    /** {@return the trailer section of a body that has been sent} */
    static Headers trailers(Body body) {
        Headers fields = body.hasTrailers() ? body.trailers() : Headers.empty();
        if (fields == null) {
            throw new NullPointerException("the supplier of a response's trailers gave null");
        }
        return fields;
    }
}
