package dev.millrace.server;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.CompletableFuture;

/** Answers at one path whether the server means to go on serving; everything else is the handler's. */
final class HealthCheck {
    private final String path;
    private volatile @Nullable Drain drain;

    HealthCheck(String path) {
        this.path = path;
    }

    /** {@return the path} */
    String path() {
        return path;
    }

    /** The server has started. */
    void started(Drain stop) {
        drain = stop;
    }

    AsyncHandler aroundAsync(AsyncHandler handler) {
        return request -> asks(request) ? CompletableFuture.completedFuture(answer()) : handler.handle(request);
    }

    Handler around(Handler handler) {
        return request -> asks(request) ? answer() : handler.handle(request);
    }

    private boolean asks(Request request) {
        return request.path().equals(path) && (request.method() == Method.GET || request.method() == Method.HEAD);
    }

    private Response answer() {
        Drain stop = drain;
        Response response = stop != null && stop.serving()
                ? Response.text("ok\n")
                : Response.text(Status.SERVICE_UNAVAILABLE, stop == null ? "starting\n" : "stopping\n");
        return response.withHeader("Cache-Control", "no-store");
    }
}
