package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.internal.bytes.Ascii;

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
        long length = length(request);
        contentFields(length, length < 0 && hasContent(request));
        if (headers.hasToken(FieldName.CONNECTION, "close")) {
            put(CLOSE);
        } else if (headers.contains(FieldName.UPGRADE)) {
            put(UPGRADE);
        } else if (headers.contains(FieldName.TE)) {
            put(TRAILERS);
        }
        crlf();
    }

    private static boolean hasContent(Request request) {
        return request.body().length() != 0 || request.body().hasTrailers();
    }

    /** What Content-Length says, or -1 for no such field: a method that means content says that there is none. */
    private static long length(Request request) {
        Body body = request.body();
        if (body.hasTrailers()) {
            return -1;
        }
        Method method = request.method();
        boolean meant = method == Method.POST || method == Method.PUT || method == Method.PATCH;
        return body.length() == 0 && !meant ? -1 : body.length(); // RFC 9110 §8.6
    }

    /** {@return how the server finds the end of the request's content} */
    static ContentFraming framingOf(Request request) {
        if (!hasContent(request)) {
            return ContentFraming.NONE;
        }
        return length(request) < 0 ? ContentFraming.CHUNKED : ContentFraming.LENGTH;
    }
}
