import dev.millrace.http.Body;
import dev.millrace.http.Handler;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.observe.MetricsHandler;
import dev.millrace.server.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/**
 * A proxy that speaks for the origins it is asked for, in clear on one port and with TLS on another; written on the public
 * API alone. Port 80 is taken for HTTP in clear, every other for TLS.
 *
 * <p>java -cp millrace.jar Intercepting.java PORT_FILE AUTHORITY_FILE
 */
final class Intercepting {
    private static final byte[] LARGE = new byte[3_000_000];

    private final Tls minting;
    private final HttpServer server;

    private Intercepting(CertificateAuthority authority) throws IOException {
        InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        minting = Tls.server().mintedBy(authority).build();
        server = HttpServer.builder()
                .handler(this::outside)
                .http(free)
                .https(free, SelfSigned.localhost().server().build())
                .start();
    }

    private Response outside(Request request) throws Exception {
        if (request.method() == Method.CONNECT) {
            String authority = request.authority();
            Handler inside = inner -> inside(authority, inner);
            Tls tls = authority.endsWith(":80") ? null : minting;
            return Response.tunnel(tunnel -> server.serve(tunnel, tls, inside));
        }
        return new MetricsHandler(server.metrics()).handle(request).toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static Response inside(String authority, Request request) throws IOException {
        return switch (request.path()) {
            case "/large" -> Response.ok("application/octet-stream", Body.of(LARGE));
            case "/echo" -> Response.ok("application/octet-stream", Body.publisher(request.body().publisher()));
            default -> Response.text("for " + authority + " by " + request.version() + "\n");
        };
    }

    public static void main(String[] arguments) throws Exception {
        CertificateAuthority authority = CertificateAuthority.create("Interception");
        Files.writeString(Path.of(arguments[1]), authority.certificatePem());
        HttpServer server = new Intercepting(authority).server;
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        StringBuilder ports = new StringBuilder();
        server.addresses().forEach(address -> ports.append(address.getPort()).append('\n'));
        Path part = Files.writeString(Path.of(arguments[0] + ".part"), ports);
        Files.move(part, Path.of(arguments[0]), StandardCopyOption.ATOMIC_MOVE);
        server.awaitStop();
    }
}
