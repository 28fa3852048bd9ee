package dev.millrace.cli;

import dev.millrace.files.FileHandler;
import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Timeouts;
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
import java.util.List;

/** {@code serve}: an HTTP server, of the demo application or of a directory. */
final class ServeCommand implements Command {
    private static final int DEFAULT_PORT = 8080;
    private static final int DEFAULT_DRAIN = 10;
    private static final int MAX_LOOPS = 1024;
    private static final int MAX_DRAIN = 86_400;

    private static final Option HTTP =
            new Option("--http", "PORT", "listen for HTTP on this port, 0 for a free one (default 8080)");
    private static final Option BIND = new Option("--bind", "ADDR", "listen on this address (default 127.0.0.1)");
    private static final Option DIR =
            new Option("--dir", "PATH", "serve the files of this directory instead of the demo");
    private static final Option LOOPS =
            new Option("--loops", "N", "run this many event loops (default: one a processor)");
    private static final Option DRAIN =
            new Option("--drain", "SECONDS", "when stopping, give running requests this long (default 10)");
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
        return List.of(HTTP, BIND, DIR, LOOPS, DRAIN, PORT_FILE);
    }

    @Override
    public List<String> notes() {
        return List.of(
                "",
                "Prints a line \"listening http://127.0.0.1:8080\" when it is ready and serves until SIGTERM or SIGINT.",
                "The demo's paths stand on its page /.");
    }

    @Override
    public void run(Options options, PrintStream out) throws UsageException, FailureException {
        InetSocketAddress address =
                new InetSocketAddress(bindAddress(options), options.number(HTTP, 0, 65_535, DEFAULT_PORT));
        int loops = options.number(LOOPS, 1, MAX_LOOPS, 0);
        int drain = options.number(DRAIN, 0, MAX_DRAIN, DEFAULT_DRAIN);
        Path portFile = path(options, PORT_FILE);
        HttpServer.Builder builder =
                HttpServer.builder().asyncHandler(handler(options)).http(address);
        if (loops > 0) {
            builder.loops(loops);
        }
        if (drain != DEFAULT_DRAIN) {
            // A deadline must be more than nothing: 0 means at once.
            builder.timeouts(
                    Timeouts.defaults().withDrain(drain == 0 ? Duration.ofMillis(1) : Duration.ofSeconds(drain)));
        }
        HttpServer server = start(builder, address);
        StopOnSignal stop = StopOnSignal.install(server);
        try {
            announce(server, portFile, out);
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

    private static HttpServer start(HttpServer.Builder builder, InetSocketAddress address)
            throws UsageException, FailureException {
        try {
            return builder.start();
        } catch (BindException e) {
            if (!isLocal(address.getAddress())) {
                throw new UsageException("--bind wants an address of this machine, not "
                        + address.getAddress().getHostAddress());
            }
            throw new FailureException("cannot listen on " + Origin.of(address) + ": " + e.getMessage());
        } catch (IOException e) {
            throw new FailureException("cannot listen on " + Origin.of(address) + ": " + e);
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

    private static void announce(HttpServer server, @Nullable Path portFile, PrintStream out) throws FailureException {
        StringBuilder lines = new StringBuilder();
        StringBuilder ports = new StringBuilder();
        for (InetSocketAddress address : server.addresses()) {
            lines.append("listening ").append(Origin.of(address)).append('\n');
            ports.append(address.getPort()).append('\n');
        }
        if (portFile != null) {
            try {
                writeWhole(portFile, ports.toString());
            } catch (IOException e) {
                String reason = e instanceof NoSuchFileException
                        ? "there is no such directory"
                        : String.valueOf(e.getMessage());
                throw new FailureException("cannot write the port file " + portFile + ": " + reason);
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
