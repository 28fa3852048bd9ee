package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;

/** What a client's request says of its content, in any version. */
public final class RequestContent {
    private RequestContent() {}

    /**
     * Whether content follows the header section.
     *
     * @param request the request
     * @return whether there is any, or trailers
     */
    public static boolean follows(Request request) {
        return request.body().length() != 0 || request.body().hasTrailers();
    }

    /**
     * What Content-Length says: a method that means content says that there is none (RFC 9110 §8.6).
     *
     * @param request the request
     * @return bytes, or -1 for no such field
     */
    public static long length(Request request) {
        Body body = request.body();
        if (body.hasTrailers()) {
            return -1;
        }
        Method method = request.method();
        boolean meant = method == Method.POST || method == Method.PUT || method == Method.PATCH;
        return body.length() == 0 && !meant ? -1 : body.length();
    }
}
