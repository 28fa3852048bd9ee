package dev.millrace.interop;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.net.SelfSigned;
import dev.millrace.server.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * What the demo application does not show of the public API over HTTP/2: the gRPC service, request fields as a handler sees
 * them, trailers both ways, interim responses, tunnels of extended CONNECT. Prints its two ports, and ends with its input.
 */
public final class ApiServer implements AsyncHandler {
    private final GrpcService grpc = new GrpcService();

    private ApiServer() {}

    public static void main(String[] arguments) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        HttpServer server = HttpServer.builder()
                .asyncHandler(new ApiServer())
                .http(new InetSocketAddress(loopback, 0))
                .https(
                        new InetSocketAddress(loopback, 0),
                        SelfSigned.localhost().server().build())
                .timeouts(Timeouts.defaults().withDrain(Duration.ofSeconds(20)))
                .onError((request, cause) -> cause.printStackTrace())
                .start();
        System.out.println(server.addresses().get(0).getPort() + " "
                + server.addresses().get(1).getPort());
        while (true) {
            int word = System.in.read();
            if (word == 'd' || word < 0) {
                server.close(); // waits until what is open is finished
                return;
            }
        }
    }

    @Override
    public CompletionStage<Response> handle(Request request) {
        if (request.path().startsWith(GrpcService.PREFIX)) {
            return grpc.handle(request);
        }
        return switch (request.path()) {
            case "/request" -> done(Response.text(describe(request)));
            case "/trailers" -> trailers(request);
            case "/cancelled" -> done(Response.text(Integer.toString(grpc.cancelled())));
            case "/early-hints" -> hints(request);
            case "/large-sections" -> done(large());
            case "/tunnel" -> tunnel(request);
            case "/connection-fields" -> done(connectionFields());
            default -> done(Response.text(Status.NOT_FOUND, "not here\n"));
        };
    }

    private static CompletionStage<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static String describe(Request request) {
        StringBuilder text = new StringBuilder();
        text.append(request.method())
                .append(' ')
                .append(request.scheme())
                .append(' ')
                .append(request.authority());
        text.append(' ')
                .append(request.target())
                .append(' ')
                .append(request.version())
                .append('\n');
        for (int i = 0; i < request.headers().size(); i++) {
            text.append(request.headers().name(i))
                    .append(": ")
                    .append(request.headers().value(i))
                    .append('\n');
        }
        return text.toString();
    }

    /** Answers with the request's trailers in the content, and with trailers of its own. */
    private static CompletionStage<Response> trailers(Request request) {
        Body body = request.body();
        return body.bytesAsync(1 << 20).thenApply(bytes -> {
            StringBuilder seen = new StringBuilder(bytes.length + " bytes\n");
            for (int i = 0; i < body.trailers().size(); i++) {
                seen.append(body.trailers().name(i))
                        .append(": ")
                        .append(body.trailers().value(i))
                        .append('\n');
            }
            Headers own = Headers.of("x-checksum", Integer.toString(bytes.length), "X-Upper", "value");
            return Response.ok("text/plain", Body.of(seen.toString()).withTrailers(() -> own));
        });
    }

    private static CompletionStage<Response> hints(Request request) {
        request.inform(Status.of(103), Headers.of("Link", "</style.css>; rel=preload"));
        return done(Response.text("after the hints"));
    }

    /** A header section and trailers that fit into no frame of the least size. */
    private static Response large() {
        Response response = Response.text("");
        for (int i = 0; i < 50; i++) {
            response =
                    response.withHeader("X-Large-" + i, Integer.toString(i % 10).repeat(1_000));
        }
        Headers fields = response.headers();
        return Response.of(Status.OK, fields, Body.of("between").withTrailers(() -> fields));
    }

    /** What a handler must not be able to break the protocol with. */
    private static Response connectionFields() {
        return Response.text("stripped")
                .withHeader("Connection", "close, X-Private")
                .withHeader("Keep-Alive", "timeout=5")
                .withHeader("X-Private", "1")
                .withHeader("X-UPPER-Case", "kept");
    }

    /** Extended CONNECT (RFC 8441): what comes goes back, in upper case. */
    private static CompletionStage<Response> tunnel(Request request) {
        if (request.method() != Method.CONNECT) {
            return done(Response.text(Status.METHOD_NOT_ALLOWED, "CONNECT it\n").withHeader("Allow", "CONNECT"));
        }
        return done(Response.tunnel(tunnel -> tunnel.input().publisher().subscribe(new Flow.Subscriber<>() {
            private Flow.Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription given) {
                subscription = given;
                given.request(1);
            }

            @Override
            public void onNext(ByteBuffer bytes) {
                String text = StandardCharsets.US_ASCII.decode(bytes).toString();
                byte[] upper = text.toUpperCase(java.util.Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
                tunnel.write(ByteBuffer.wrap(upper)).whenComplete((done, failed) -> {
                    if (failed == null) {
                        subscription.request(1);
                    }
                });
            }

            @Override
            public void onError(Throwable cause) {
                tunnel.close();
            }

            @Override
            public void onComplete() {
                tunnel.closeOutput();
            }
        })));
    }
}
