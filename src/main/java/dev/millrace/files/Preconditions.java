package dev.millrace.files;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpDate;
import java.util.OptionalLong;

/** Evaluates the conditions of a GET or HEAD request, in the order of RFC 9110 §13.2.2. */
final class Preconditions {
    private Preconditions() {}

    /** What the conditions say of a request. */
    enum Verdict {
        /** Answer it as if it had no conditions. */
        PROCEED,
        /** 304. */
        NOT_MODIFIED,
        /** 412. */
        FAILED
    }

    /**
     * Evaluates all but {@code If-Range}.
     *
     * @param headers the request's fields
     * @param tag the current entity tag, with its quotes
     * @param modified the current modification time in seconds since 1970
     * @return what to do
     */
    static Verdict evaluate(Headers headers, String tag, long modified) {
        String ifMatch = headers.combined(FieldName.IF_MATCH);
        if (ifMatch != null) {
            if (!EntityTags.match(ifMatch, tag, false)) {
                return Verdict.FAILED;
            }
        } else {
            OptionalLong unmodifiedSince = date(headers, FieldName.IF_UNMODIFIED_SINCE, modified);
            if (unmodifiedSince.isPresent() && modified > unmodifiedSince.getAsLong()) {
                return Verdict.FAILED;
            }
        }
        String ifNoneMatch = headers.combined(FieldName.IF_NONE_MATCH);
        if (ifNoneMatch != null) {
            return EntityTags.match(ifNoneMatch, tag, true) ? Verdict.NOT_MODIFIED : Verdict.PROCEED;
        }
        OptionalLong modifiedSince = date(headers, FieldName.IF_MODIFIED_SINCE, modified);
        return modifiedSince.isPresent() && modified <= modifiedSince.getAsLong()
                ? Verdict.NOT_MODIFIED
                : Verdict.PROCEED;
    }

    /**
     * Whether {@code If-Range} (RFC 9110 §13.1.5) lets a {@code Range} count. A date counts if it is exactly the current
     * one. That it is a strong validator the client has to know, which may not send it where it has a tag, and it has one.
     *
     * @param headers the request's fields
     * @param tag the current entity tag, with its quotes
     * @param modified the current modification time in seconds since 1970
     * @return whether the field is not there or holds
     */
    static boolean rangeCounts(Headers headers, String tag, long modified) {
        String ifRange = headers.combined(FieldName.IF_RANGE);
        if (ifRange == null || ifRange.equals(tag)) {
            return true;
        }
        OptionalLong date = HttpDate.parse(ifRange, modified);
        return date.isPresent() && date.getAsLong() == modified;
    }

    /** A field that is no date, or more than one, does not count (RFC 9110 §13.1.3, §13.1.4). */
    private static OptionalLong date(Headers headers, String name, long modified) {
        String value = headers.combined(name);
        // a two-digit year, which nobody sends any more, is read as one near the file's own
        return value == null ? OptionalLong.empty() : HttpDate.parse(value, modified);
    }
}
