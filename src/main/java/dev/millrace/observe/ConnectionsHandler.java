package dev.millrace.observe;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Answers GET and HEAD with a server's connections: as JSON if the query has {@code format=json} or the Accept field wants
 * {@code application/json}, else, or with {@code format=text}, as a table for people. Safe for any thread; never waits.
 *
 * <p>It tells the addresses of all peers, so not everybody should reach it.
 */
public final class ConnectionsHandler implements AsyncHandler {
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Supplier<CompletionStage<List<ConnectionSnapshot>>> connections;

    /**
     * A handler for these connections.
     *
     * @param connections gives them; asked for each request, on its event loop, so it must not block
     */
    public ConnectionsHandler(Supplier<CompletionStage<List<ConnectionSnapshot>>> connections) {
        this.connections = connections;
    }

    @Override
    public CompletionStage<Response> handle(Request request) {
        if (!request.method().equals(Method.GET) && !request.method().equals(Method.HEAD)) {
            return CompletableFuture.completedFuture(
                    Response.of(Status.METHOD_NOT_ALLOWED, Headers.of(FieldName.ALLOW, "GET, HEAD"), Body.empty()));
        }
        String format = request.parameter("format").orElse("");
        boolean json;
        switch (format) {
            case "" -> {
                double weight = Accept.weight(request.headers(), JSON);
                json = weight > 0 && weight >= Accept.weight(request.headers(), "text/plain");
            }
            case "json" -> json = true;
            case "text" -> json = false;
            default -> {
                return CompletableFuture.completedFuture(Response.text(Status.BAD_REQUEST, "format is json or text\n"));
            }
        }
        boolean asJson = json;
        return connections.get().thenApply(all -> answer(all, asJson));
    }

    private static Response answer(List<ConnectionSnapshot> all, boolean json) {
        Headers headers = Headers.of(
                FieldName.CONTENT_TYPE,
                json ? JSON : TEXT,
                FieldName.CACHE_CONTROL,
                "no-store",
                FieldName.VARY,
                FieldName.ACCEPT);
        return Response.of(Status.OK, headers, Body.of(json ? ConnectionsText.json(all) : ConnectionsText.table(all)));
    }
}
