package dev.millrace.observe;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers GET and HEAD with a server's metrics: in OpenMetrics 1.0 where the request asks for it, as Prometheus does, else in
 * Prometheus' text format 0.0.4. Safe for any thread; never waits.
 */
public final class MetricsHandler implements AsyncHandler {
    private final Metrics metrics;

    /**
     * A handler for these metrics.
     *
     * @param metrics the metrics
     */
    public MetricsHandler(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public CompletionStage<Response> handle(Request request) {
        return CompletableFuture.completedFuture(answer(request));
    }

    private Response answer(Request request) {
        if (!request.method().equals(Method.GET) && !request.method().equals(Method.HEAD)) {
            return Response.of(Status.METHOD_NOT_ALLOWED, Headers.of(FieldName.ALLOW, "GET, HEAD"), Body.empty());
        }
        MetricsText.Format format = format(request.headers());
        Headers headers = Headers.of(
                FieldName.CONTENT_TYPE,
                format.contentType(),
                FieldName.CACHE_CONTROL,
                "no-store",
                FieldName.VARY,
                FieldName.ACCEPT);
        return Response.of(Status.OK, headers, Body.of(MetricsText.render(metrics.snapshot(), format)));
    }

    private static MetricsText.Format format(Headers headers) {
        double open = Accept.weight(headers, "application/openmetrics-text");
        return open > 0 && open >= Accept.weight(headers, "text/plain")
                ? MetricsText.Format.OPEN_METRICS
                : MetricsText.Format.PROMETHEUS;
    }
}
