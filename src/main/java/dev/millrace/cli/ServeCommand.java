package dev.millrace.cli;

import dev.millrace.files.FileHandler;
import dev.millrace.http.AsyncHandler;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.server.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code serve}: an HTTP server, of the demo application or of a directory. */
final class ServeCommand implements Command {
    private static final int DEFAULT_PORT = 8080;
    private static final int DEFAULT_TLS_PORT = 8443;
    private static final int DEFAULT_DRAIN = 10;
    private static final int MAX_LOOPS = 1024;
    private static final int MAX_DRAIN = 86_400;
    private static final long LEAST_BUFFERED = 64 << 10;
    private static final long MAX_BUFFERED = 1L << 50;

    private static final Option HTTP =
            new Option("--http", "PORT", "listen for HTTP on this port, 0 for a free one (default 8080)");
    private static final Option HTTPS = new Option(
            "--https",
            "PORT",
            "listen for HTTPS on this port, 0 for a free one (default 8443); naming one port starts that one");
    private static final Option CERT =
            new Option("--cert", "FILE", "the certificate chain, PEM (default: a self-signed one for localhost)");
    private static final Option KEY = new Option("--key", "FILE", "the certificate's private key, PEM");
    private static final Option BIND = new Option("--bind", "ADDR", "listen on this address (default 127.0.0.1)");
    private static final Option DIR =
            new Option("--dir", "PATH", "serve the files of this directory instead of the demo");
    private static final Option LOOPS =
            new Option("--loops", "N", "run this many event loops (default: one a processor)");
    private static final Option BUFFERED = new Option(
            "--buffered-bytes",
            "N",
            "hold so many bytes for peers before new requests get 503 (default: a quarter of the heap)");
    private static final Option DRAIN =
            new Option("--drain", "SECONDS", "when stopping, give running requests this long (default 10)");
    private static final Option DRAIN_DELAY = new Option(
            "--drain-delay",
            "SECONDS",
            "when stopping, first serve on for this long while /health says 503 (default 0)");
    private static final Option PROXY_FROM = new Option(
            "--proxy-from",
            "RANGES",
            "take the PROXY protocol from proxies at these addresses, such as 10.0.0.5,10.1.0.0/16");
    private static final Option REFUSE_WHEN_FULL = new Option(
            "--refuse-when-full",
            "",
            "answer 503, or a TLS alert, where there is no room for a connection, instead of letting it wait");
    private static final Option PORT_FILE =
            new Option("--port-file", "FILE", "write the port to this file when ready, one line a listener");

    @Override
    public String name() {
        return "serve";
    }

    @Override
    public String summary() {
        return "Serves a demo application, or with --dir the files of a directory.";
    }

    @Override
    public List<Option> options() {
        return List.of(
                HTTP,
                HTTPS,
                CERT,
                KEY,
                BIND,
                DIR,
                LOOPS,
                BUFFERED,
                DRAIN,
                DRAIN_DELAY,
                PROXY_FROM,
                REFUSE_WHEN_FULL,
                PORT_FILE);
    }

    @Override
    public List<String> notes() {
        return List.of(
                "",
                "Without --http and --https it listens on the default ports of both.",
                "Prints a line \"listening http://127.0.0.1:8080\" for each when it is ready, and serves until SIGTERM or SIGINT.",
                "The demo's paths stand on its page /.");
    }

    @Override
    public void run(Options options, PrintStream out, PrintStream err) throws UsageException, FailureException {
        InetAddress bind = bindAddress(options);
        AsyncHandler handler = handler(options);
        boolean both = !options.has(HTTP) && !options.has(HTTPS);
        int loops = options.number(LOOPS, 1, MAX_LOOPS, 0);
        long buffered = options.bytes(BUFFERED, LEAST_BUFFERED, MAX_BUFFERED, 0);
        int drain = options.number(DRAIN, 0, MAX_DRAIN, DEFAULT_DRAIN);
        int delay = options.number(DRAIN_DELAY, 0, MAX_DRAIN, 0);
        Path portFile = path(options, PORT_FILE);
        HttpServer.Builder builder = HttpServer.builder().asyncHandler(handler);
        List<String> schemes = new ArrayList<>(2);
        if (both || options.has(HTTP)) {
            builder.http(new InetSocketAddress(bind, options.number(HTTP, 0, 65_535, DEFAULT_PORT)));
            arranged(builder, options);
            schemes.add("http");
        }
        String fingerprint = null;
        if (both || options.has(HTTPS)) {
            ServeTls tls = ServeTls.of(path(options, CERT), path(options, KEY));
            fingerprint = tls.fingerprint();
            builder.https(new InetSocketAddress(bind, options.number(HTTPS, 0, 65_535, DEFAULT_TLS_PORT)), tls.tls());
            arranged(builder, options);
            schemes.add("https");
        } else if (options.has(CERT) || options.has(KEY)) {
            throw new UsageException("--cert and --key go with --https");
        }
        if (loops > 0) {
            builder.loops(loops);
        }
        if (buffered > 0) {
            builder.bufferedBytes(buffered);
        }
        if (delay > 0) {
            builder.readinessDelay(Duration.ofSeconds(delay));
        }
        if (delay > 0 || handler instanceof DemoHandler) { // else it could be a file's name
            builder.healthPath("/health");
        }
        if (handler instanceof DemoHandler) {
            builder.vitalPaths("/metrics", "/connections");
        }
        HttpServer server = start(builder, bind);
        if (handler instanceof DemoHandler demo) {
            demo.observe(server);
        }
        StopOnSignal stop = StopOnSignal.install(server, Duration.ofSeconds(drain));
        try {
            announce(server, schemes, fingerprint, portFile, out);
        } catch (FailureException e) {
            stop.failed(Main.FAILED);
            throw e;
        }
        try {
            server.awaitStop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.close();
        }
    }

    /** Has the listener that was added last take the PROXY protocol and refuse when it is full, if that is wanted. */
    private static void arranged(HttpServer.Builder builder, Options options) throws UsageException {
        if (options.has(REFUSE_WHEN_FULL)) {
            builder.refuseWhenFull();
        }
        String ranges = options.text(PROXY_FROM);
        if (ranges != null) {
            try {
                builder.proxyProtocol(ranges.split(",", -1));
            } catch (IllegalArgumentException e) {
                throw new UsageException("--proxy-from: " + e.getMessage());
            }
        }
    }

    private static InetAddress bindAddress(Options options) throws UsageException {
        String text = options.text(BIND, "127.0.0.1");
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new UsageException("--bind wants an address of this machine, not " + text);
        }
    }

    private static AsyncHandler handler(Options options) throws UsageException {
        Path directory = path(options, DIR);
        if (directory == null) {
            return new DemoHandler();
        }
        if (!Files.isDirectory(directory)) {
            throw new UsageException("--dir wants a directory, not " + directory);
        }
        try {
            return FileHandler.builder(directory).listing(true).build();
        } catch (IOException e) {
            throw new UsageException("--dir names a directory that cannot be read: " + directory);
        }
    }

    private static @Nullable Path path(Options options, Option option) throws UsageException {
        String text = options.text(option);
        try {
            return text == null ? null : Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException(option.name() + " wants a path, not " + text);
        }
    }

    private static HttpServer start(HttpServer.Builder builder, InetAddress bind)
            throws UsageException, FailureException {
        try {
            return builder.start();
        } catch (BindException e) {
            if (!isLocal(bind)) {
                throw new UsageException("--bind wants an address of this machine, not " + bind.getHostAddress());
            }
            throw new FailureException("cannot listen on " + e.getMessage());
        } catch (IOException e) {
            throw new FailureException("cannot start: " + e.getMessage());
        }
    }

    private static boolean isLocal(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (IOException e) {
            return true; // nobody knows: the first message is the better one
        }
    }

    private static void announce(
            HttpServer server,
            List<String> schemes,
            @Nullable String fingerprint,
            @Nullable Path portFile,
            PrintStream out)
            throws FailureException {
        StringBuilder lines = new StringBuilder();
        StringBuilder ports = new StringBuilder();
        for (int i = 0; i < schemes.size(); i++) {
            InetSocketAddress address = server.addresses().get(i);
            lines.append("listening ")
                    .append(Origin.of(schemes.get(i), address))
                    .append('\n');
            ports.append(address.getPort()).append('\n');
        }
        if (fingerprint != null) {
            lines.append("self-signed certificate, SHA-256 ")
                    .append(fingerprint)
                    .append('\n');
        }
        if (portFile != null) {
            try {
                writeWhole(portFile, ports.toString());
            } catch (IOException e) {
                throw new FailureException("cannot write the port file " + portFile
                        + (e instanceof NoSuchFileException ? ": its folder does not exist" : ": " + e.getMessage()));
            }
        }
        out.print(lines);
        out.flush();
    }

    /** Who waits for the file sees it with all its content or not at all. */
    private static void writeWhole(Path file, String content) throws IOException {
        Path whole = file.toAbsolutePath();
        if (Files.isDirectory(whole)) {
            throw new IOException("it is a directory");
        }
        Path part = whole.resolveSibling(
                whole.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            Files.write(part, content.getBytes(StandardCharsets.US_ASCII));
            Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
    }
}
