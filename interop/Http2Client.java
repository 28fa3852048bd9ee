import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** The JDK's HttpClient over TLS, where it speaks HTTP/2 by ALPN: java Http2Client.java ORIGIN. Prints "ok" when all held. */
public class Http2Client {
    private static final X509TrustManager EVERYBODY = new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    };

    private final HttpClient client;
    private final String origin;

    private Http2Client(String origin) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {EVERYBODY}, new SecureRandom());
        this.origin = origin;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(context)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    public static void main(String[] arguments) throws Exception {
        new Http2Client(arguments[0]).run();
        System.out.println("ok");
    }

    private void run() throws Exception {
        check("Hello, World!".equals(new String(get("/plaintext").body())), "/plaintext");
        byte[] megabyte = new byte[1 << 20];
        Arrays.fill(megabyte, (byte) 'x');
        same(megabyte, get("/1m").body(), "/1m");

        byte[] upload = new byte[3_000_000];
        new Random(7).nextBytes(upload);
        same(upload, post(BodyPublishers.ofByteArray(upload)), "an upload of known length");
        same(upload, post(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(upload))), "an upload of unknown length");
        same(new byte[0], post(BodyPublishers.noBody()), "an empty upload");

        HttpResponse<byte[]> head =
                client.send(to("/1m").method("HEAD", BodyPublishers.noBody()).build(), BodyHandlers.ofByteArray());
        check(head.body().length == 0 && head.headers().firstValue("content-length").orElse("").equals("1048576"), "HEAD");
        check(client.send(to("/status/404").build(), BodyHandlers.discarding()).statusCode() == 404, "404");
        HttpResponse<byte[]> continued = client.send(
                to("/echo").expectContinue(true).POST(BodyPublishers.ofByteArray(upload)).build(), BodyHandlers.ofByteArray());
        same(upload, continued.body(), "an upload that waits for 100");

        List<CompletableFuture<Void>> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int size = i * 1000;
            many.add(client.sendAsync(to("/bytes/" + size).build(), BodyHandlers.ofByteArray())
                    .thenAccept(got -> check(got.body().length == size, "/bytes/" + size)));
        }
        CompletableFuture.allOf(many.toArray(new CompletableFuture<?>[0])).join();

        // left in the middle; the connection goes on
        try (InputStream stream =
                client.send(to("/bytes/1000000000").build(), BodyHandlers.ofInputStream()).body()) {
            check(stream.readNBytes(100_000).length == 100_000, "the beginning of a large response");
        }
        check(get("/plaintext").body().length == 13, "after a response that was left");
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(origin + path)).timeout(Duration.ofSeconds(60));
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        HttpResponse<byte[]> got = client.send(to(path).build(), BodyHandlers.ofByteArray());
        check(got.statusCode() == 200, path + ": " + got.statusCode());
        check(got.version() == HttpClient.Version.HTTP_2, path + " over " + got.version());
        return got;
    }

    private byte[] post(HttpRequest.BodyPublisher body) throws Exception {
        HttpResponse<byte[]> got = client.send(to("/echo").POST(body).build(), BodyHandlers.ofByteArray());
        check(got.statusCode() == 200 && got.version() == HttpClient.Version.HTTP_2, "/echo: " + got);
        return got.body();
    }

    private static void same(byte[] expected, byte[] got, String what) throws Exception {
        check(Arrays.equals(hash(expected), hash(got)), what + ": " + got.length + " bytes");
    }

    private static byte[] hash(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
