package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Request;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.exchange.RequestContent;

/** Writes the heads of requests (RFC 9112 §3, §5). One for each loop; what it wrote is to be sent before the next call. */
final class RequestEncoder extends MessageEncoder {
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\nHost: ");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] TRAILERS = ascii("Connection: TE\r\n");

    /**
     * Writes the head of a request.
     *
     * @param request the request; its fields that frame the message are left out, for that is the protocol's own
     * @param target the form of its target
     */
    void request(Request request, TargetForm target) {
        begin();
        Headers headers = request.headers();
        text(request.method().toString());
        text(" ");
        if (target == TargetForm.ABSOLUTE) { // RFC 9112 §3.2.2
            text(request.scheme());
            text("://");
            text(request.authority());
            text(request.target().equals("*") ? "" : request.target()); // RFC 9112 §3.2.4
        } else {
            text(request.target());
        }
        put(VERSION);
        text(request.authority());
        crlf();
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            if (!framing(name) && !Ascii.equalsIgnoreCase(name, FieldName.HOST)) {
                field(name, headers.value(i));
            }
        }
        long length = RequestContent.length(request);
        contentFields(length, length < 0 && RequestContent.follows(request));
        if (headers.hasToken(FieldName.CONNECTION, "close")) {
            put(CLOSE);
        } else if (headers.contains(FieldName.UPGRADE)) {
            put(UPGRADE);
        } else if (headers.contains(FieldName.TE)) {
            put(TRAILERS);
        }
        crlf();
    }

    /** {@return how the server finds the end of the request's content} */
    static ContentFraming framingOf(Request request) {
        if (!RequestContent.follows(request)) {
            return ContentFraming.NONE;
        }
        return RequestContent.length(request) < 0 ? ContentFraming.CHUNKED : ContentFraming.LENGTH;
    }
}
