package dev.millrace.testkit;

import dev.millrace.http.Headers;
import java.nio.charset.StandardCharsets;

/**
 * A response as a peer understands it.
 *
 * @param status the status code
 * @param headers the header section
 * @param content the content, decoded; what has come of it if it is not complete
 * @param trailers the trailer section
 * @param complete whether the end of the content was there
 * @param headBytes the head as it was sent
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record ParsedResponse(
        int status, Headers headers, byte[] content, Headers trailers, boolean complete, String headBytes) {
    /** {@return whether it is interim} */
    public boolean interim() {
        return status < 200;
    }

    /** {@return the content, a character for each byte} */
    public String text() {
        return new String(content, StandardCharsets.ISO_8859_1);
    }

    /** {@return whether the connection ends after it} */
    public boolean closes() {
        return headers.hasToken("Connection", "close");
    }

    @Override
    public String toString() {
        return status + " " + headers + " " + content.length + " bytes" + (complete ? "" : ", incomplete");
    }
}
