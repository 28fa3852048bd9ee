package dev.millrace.cli;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionsHandler;
import dev.millrace.observe.MetricsHandler;
import dev.millrace.server.HttpServer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * The application that {@code serve} shows: fixed, streamed, late and slow responses, all on the event loop. None of them
 * holds a thread while it waits or streams, so thousands run at once on any JDK. {@link DemoPage} describes the paths.
 *
 * <p>{@code /plaintext} is what benchmarks ask for: it is compared first and answered by one object made in advance. What
 * is large is made when it is first asked for, because start-up time counts.
 */
final class DemoHandler implements AsyncHandler {
    static final long MOST_BYTES = 1L << 50;
    static final int MOST_CHUNKS = 1_000_000_000;
    static final int MOST_MILLIS = 3_600_000;

    private static final String TEXT = "text/plain";
    private static final String BINARY = "application/octet-stream";
    private static final String READ = "GET, HEAD, OPTIONS";
    private static final String POST = "POST, OPTIONS";
    private static final String ALL = "GET, HEAD, POST, OPTIONS";

    private static final CompletableFuture<Response> PLAINTEXT =
            done(Response.ok(TEXT, Body.wrap("Hello, World!".getBytes(StandardCharsets.US_ASCII))));

    /** Made when they are first asked for. */
    private static final class Kilobyte {
        static final CompletableFuture<Response> RESPONSE = done(Response.ok(TEXT, Body.wrap(letters(1 << 10))));
    }

    private static final class Megabyte {
        static final CompletableFuture<Response> RESPONSE = done(Response.ok(TEXT, Body.wrap(letters(1 << 20))));
    }

    private final Timer timer;
    private volatile @Nullable HttpServer server;

    DemoHandler() {
        this(Timer.ofOneThread());
    }

    DemoHandler(Timer timer) {
        this.timer = timer;
    }

    /** Begins to tell of the server at {@code /metrics} and {@code /connections}. */
    void observe(HttpServer observed) {
        server = observed;
    }

    @Override
    public CompletionStage<Response> handle(Request request) {
        if (request.path().equals("/plaintext")) {
            Method method = request.method();
            if (method == Method.GET || method == Method.HEAD) {
                return PLAINTEXT;
            }
        }
        return dispatch(request);
    }

    private CompletionStage<Response> dispatch(Request request) {
        Method method = request.method();
        String path = request.decodedPath();
        if (!method.registered()) {
            return text(Status.NOT_IMPLEMENTED, "this server knows no such method\n");
        }
        if (method == Method.CONNECT) {
            return notAllowed(ALL);
        }
        String allow = allowed(path);
        if (method == Method.TRACE) {
            return notAllowed(allow == null ? ALL : allow);
        }
        if (allow == null) {
            return notFound();
        }
        if (method == Method.OPTIONS) {
            return done(Response.of(Status.NO_CONTENT, Headers.of(FieldName.ALLOW, allow), Body.empty()));
        }
        if (path.equals("/echo")) {
            return method == Method.POST ? echo(request) : notAllowed(allow);
        }
        return method == Method.GET || method == Method.HEAD ? read(path, request) : notAllowed(allow);
    }

    /** The methods that a path takes, or {@code null} if there is nothing at that path. */
    private static @Nullable String allowed(String path) {
        switch (path) {
            case "/", "/plaintext", "/1k", "/1m", "/slow", "/stream", "/metrics", "/connections":
                return READ;
            case "/echo":
                return POST;
            case "*":
                return ALL;
            default:
                return path.startsWith("/bytes/") || path.startsWith("/status/") ? READ : null;
        }
    }

    private CompletionStage<Response> read(String path, Request request) {
        switch (path) {
            case "/plaintext": // in another spelling
                return PLAINTEXT;
            case "/":
                return done(DemoPage.response());
            case "/1k":
                return Kilobyte.RESPONSE;
            case "/1m":
                return Megabyte.RESPONSE;
            case "/slow":
                return slow(request);
            case "/metrics":
            case "/connections":
                return observed(path, request);
            case "/stream":
                return stream(request);
            default:
                if (path.startsWith("/bytes/")) {
                    return bytes(path.substring("/bytes/".length()));
                }
                if (path.startsWith("/status/")) {
                    return status(path.substring("/status/".length()));
                }
                return notFound(); // GET *
        }
    }

    private CompletionStage<Response> observed(String path, Request request) {
        HttpServer observed = server;
        if (observed == null) { // before the start is complete
            return text(Status.SERVICE_UNAVAILABLE, "the server is starting\n");
        }
        return path.equals("/metrics")
                ? new MetricsHandler(observed.metrics()).handle(request)
                : new ConnectionsHandler(new Connections(observed)).handle(request);
    }

    private record Connections(HttpServer server) implements Supplier<CompletionStage<List<ConnectionSnapshot>>> {
        @Override
        public CompletionStage<List<ConnectionSnapshot>> get() {
            return server.connections();
        }
    }

    private static CompletionStage<Response> bytes(String count) {
        long length = Decimal.parse(count, MOST_BYTES);
        if (length < 0) {
            return text(Status.BAD_REQUEST, "/bytes/N wants a number of bytes up to " + MOST_BYTES + "\n");
        }
        return done(Response.ok(BINARY, Body.publisher(new PatternPublisher(length), length)));
    }

    private static CompletionStage<Response> echo(Request request) {
        Body body = request.body();
        String type = request.headers().get(FieldName.CONTENT_TYPE);
        return done(Response.ok(type == null ? BINARY : type, Body.publisher(body.publisher(), body.length())));
    }

    private CompletionStage<Response> slow(Request request) {
        long millis = parameter(request, "ms", MOST_MILLIS);
        if (millis < 0) {
            return text(Status.BAD_REQUEST, "/slow?ms=N wants a number of milliseconds up to " + MOST_MILLIS + "\n");
        }
        Response response = Response.text("waited " + millis + " ms\n");
        return millis == 0 ? done(response) : DelayedResponse.after(millis, response, request, timer);
    }

    private CompletionStage<Response> stream(Request request) {
        long chunks = parameter(request, "chunks", MOST_CHUNKS);
        long millis = parameter(request, "ms", MOST_MILLIS);
        if (chunks < 0 || millis < 0) {
            return text(
                    Status.BAD_REQUEST,
                    "/stream?chunks=N&ms=M wants up to " + MOST_CHUNKS + " chunks and up to " + MOST_MILLIS
                            + " milliseconds\n");
        }
        return done(Response.ok(TEXT, Body.publisher(new TickPublisher((int) chunks, millis, timer))));
    }

    private static long parameter(Request request, String name, long most) {
        return Decimal.parse(request.parameter(name).orElse(""), most);
    }

    private static CompletionStage<Response> status(String digits) {
        int code = (int) Decimal.parse(digits, 599);
        if (code < 200) {
            return text(Status.BAD_REQUEST, "/status/N wants a final status: 200 to 599\n");
        }
        Status status = Status.of(code);
        Headers.Builder headers = Headers.builder();
        // what RFC 9110 §15 says must stand beside the status
        switch (code) {
            case 206 -> headers.add(FieldName.CONTENT_RANGE, "bytes 0-19/1000"); // the text below has 20
            case 301, 302, 303, 307, 308 -> headers.add(FieldName.LOCATION, "/");
            case 401 -> headers.add(FieldName.WWW_AUTHENTICATE, "Basic realm=\"millrace\"");
            case 405 -> headers.add(FieldName.ALLOW, READ);
            case 407 -> headers.add(FieldName.PROXY_AUTHENTICATE, "Basic realm=\"millrace\"");
            case 416 -> headers.add(FieldName.CONTENT_RANGE, "bytes */1000");
            case 426 -> headers.add(FieldName.UPGRADE, "h2c");
            default -> {}
        }
        if (status.bodiless() || code == 205) {
            return done(Response.of(status, headers.build(), Body.empty()));
        }
        headers.add(FieldName.CONTENT_TYPE, TEXT);
        return done(Response.of(status, headers.build(), Body.of(status + "\n")));
    }

    private static CompletionStage<Response> notFound() {
        return text(Status.NOT_FOUND, "there is nothing at this path: / says what there is\n");
    }

    private static CompletionStage<Response> notAllowed(String allow) {
        Response response = Response.text(Status.METHOD_NOT_ALLOWED, "this path takes " + allow + "\n");
        return done(response.withHeader(FieldName.ALLOW, allow));
    }

    private static CompletionStage<Response> text(Status status, String text) {
        return done(Response.text(status, text));
    }

    private static CompletableFuture<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static byte[] letters(int count) {
        byte[] letters = new byte[count];
        Arrays.fill(letters, (byte) 'x');
        return letters;
    }
}
