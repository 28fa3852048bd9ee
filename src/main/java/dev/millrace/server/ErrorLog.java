package dev.millrace.server;

import dev.millrace.http.Request;
import java.util.function.BiConsumer;

/** Reports failures of users' code through the platform's logging. */
final class ErrorLog implements BiConsumer<Request, Throwable> {
    @Override
    public void accept(Request request, Throwable error) {
        System.getLogger("dev.millrace").log(System.Logger.Level.ERROR, "serving " + request, error);
    }
}
