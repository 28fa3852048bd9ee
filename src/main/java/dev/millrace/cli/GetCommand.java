package dev.millrace.cli;

import dev.millrace.client.HttpClient;
import dev.millrace.client.HttpVersions;
import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.Tls;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** {@code get}: sends a request and writes the response's content to standard output or a file. */
final class GetCommand implements Command {
    private static final int MAX_SECONDS = 86_400;
    private static final int PIECE = 64 << 10;

    private static final Option VERBOSE =
            new Option("-v", "", "tell of the connection, of request and response, and of times, on standard error");
    private static final Option HTTP1 = new Option("--http1", "", "speak HTTP/1.1 only");
    private static final Option HTTP2 = new Option("--http2", "", "speak HTTP/2 only, over TLS");
    private static final Option H2C = new Option("--h2c", "", "speak HTTP/2 in the clear, by prior knowledge");
    private static final Option METHOD = new Option("--method", "NAME", "the method (default GET, with content POST)");
    private static final Option HEADER =
            new Option("--header", "\"NAME: VALUE\"", "send this field; may be given several times");
    private static final Option DATA = new Option("--data", "TEXT", "send this text as content");
    private static final Option UPLOAD = new Option("--upload", "FILE", "send this file as content");
    private static final Option OUTPUT =
            new Option("--output", "FILE", "write the content to this file (default: standard output)");
    private static final Option INSECURE =
            new Option("--insecure", "", "trust any certificate: whoever is in between can read along");
    private static final Option CACERT = new Option("--cacert", "FILE", "trust the certificates in this file, PEM");
    private static final Option TIMEOUT =
            new Option("--timeout", "SECONDS", "give up when all together takes longer (default: no bound)");
    private static final Option FAIL = new Option("--fail", "", "end with status 22 if the response is 400 or above");
    private static final Option REPEAT =
            new Option("--repeat", "N", "send the request this many times, one after the other (default 1)");

    @Override
    public String name() {
        return "get";
    }

    @Override
    public String summary() {
        return "Sends a request and prints the content of its response.";
    }

    @Override
    public String operand() {
        return "URL";
    }

    @Override
    public List<Option> options() {
        return List.of(
                VERBOSE, HTTP1, HTTP2, H2C, METHOD, HEADER, DATA, UPLOAD, OUTPUT, INSECURE, CACERT, TIMEOUT, FAIL,
                REPEAT);
    }

    @Override
    public List<String> notes() {
        return GetFailure.notes();
    }

    @Override
    public void run(Options options, PrintStream out, PrintStream err) throws UsageException, FailureException {
        HttpVersions versions = versions(options);
        Request request = request(options, versions);
        int seconds = options.number(TIMEOUT, 1, MAX_SECONDS, 0);
        int times = options.number(REPEAT, 1, Integer.MAX_VALUE, 1);
        ClientTimeouts timeouts = ClientTimeouts.defaults().withExchange(Duration.ofSeconds(seconds));
        Path file = path(options, OUTPUT);
        Narrator narrator = options.has(VERBOSE) ? new Narrator(err) : null;
        HttpClient.Builder builder =
                HttpClient.builder().tls(tls(options)).versions(versions).timeouts(timeouts);
        if (narrator != null) {
            builder.connectionListener(narrator);
        }
        try (HttpClient client = builder.build()) {
            for (int i = 0; i < times; i++) {
                Status status = exchange(client, request, timeouts, narrator, file, out, err);
                if (options.has(FAIL) && status.code() >= 400) {
                    throw new FailureException("the response is " + status, GetFailure.STATUS);
                }
            }
        } catch (IOException e) {
            throw GetFailure.of(e);
        }
    }

    private static Status exchange(
            HttpClient client,
            Request request,
            ClientTimeouts timeouts,
            @Nullable Narrator narrator,
            @Nullable Path file,
            PrintStream out,
            PrintStream err)
            throws IOException, FailureException {
        ExchangeOptions chosen = ExchangeOptions.of(timeouts);
        if (narrator != null) {
            narrator.asks(request);
            chosen = chosen.withInterims(narrator::interim);
        }
        Response response = client.send(request, chosen);
        if (narrator != null) {
            narrator.answered(client, response);
        }
        ProgressBar bar = file != null && ProgressBar.visible()
                ? new ProgressBar(err, response.body().length())
                : null;
        try (InputStream content = response.body().inputStream()) {
            copy(content, file, out, bar);
        }
        if (narrator != null) {
            narrator.ended(client, response);
        }
        return response.status();
    }

    private static void copy(InputStream content, @Nullable Path file, PrintStream out, @Nullable ProgressBar bar)
            throws IOException, FailureException {
        OutputStream to = out;
        if (file != null) {
            try {
                to = Files.newOutputStream(file);
            } catch (IOException e) {
                throw new FailureException("--output " + file + ": cannot be written", GetFailure.OUTPUT);
            }
        }
        byte[] piece = new byte[PIECE];
        try {
            for (int n = content.read(piece); n >= 0; n = content.read(piece)) {
                try {
                    to.write(piece, 0, n);
                } catch (IOException e) {
                    throw new FailureException("the content cannot be written: " + e.getMessage(), GetFailure.OUTPUT);
                }
                if (bar != null) {
                    bar.moved(n);
                }
            }
            if (bar != null) {
                bar.ended();
            }
        } finally {
            to.flush();
            if (file != null) {
                to.close();
            }
        }
        if (out.checkError()) {
            throw new FailureException("standard output cannot be written", GetFailure.OUTPUT);
        }
    }

    private static HttpVersions versions(Options options) throws UsageException {
        int chosen = (options.has(HTTP1) ? 1 : 0) + (options.has(HTTP2) ? 1 : 0) + (options.has(H2C) ? 1 : 0);
        if (chosen > 1) {
            throw new UsageException("--http1, --http2 and --h2c exclude each other");
        }
        if (chosen == 0) {
            return HttpVersions.NEGOTIATED;
        }
        return options.has(HTTP1) ? HttpVersions.HTTP_1_1 : HttpVersions.HTTP_2;
    }

    private static Request request(Options options, HttpVersions versions) throws UsageException {
        String url = options.operand();
        if (url.indexOf("://") < 0) {
            url = "http://" + url;
        }
        boolean secure = url.toLowerCase(Locale.ROOT).startsWith("https:");
        if (versions == HttpVersions.HTTP_2 && secure != options.has(HTTP2)) {
            throw new UsageException(
                    secure ? "--h2c is HTTP/2 in the clear, and the URL is https" : "--http2 is over TLS: use --h2c");
        }
        Body body = body(options);
        String name = options.text(METHOD, body.length() == 0 ? "GET" : "POST");
        try {
            Request.Builder builder = Request.to(Method.of(name), url).body(body);
            for (String line : options.all(HEADER)) {
                int colon = line.indexOf(':');
                if (colon < 1) {
                    throw new UsageException("--header wants \"NAME: VALUE\", not " + line);
                }
                builder.header(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private static Body body(Options options) throws UsageException {
        String text = options.text(DATA);
        Path file = path(options, UPLOAD);
        if (text != null && file != null) {
            throw new UsageException("--data and --upload exclude each other");
        }
        if (file != null) {
            try {
                return Body.file(file);
            } catch (NoSuchFileException e) {
                throw new UsageException("--upload " + file + ": there is no such file");
            } catch (IOException e) {
                throw new UsageException("--upload " + e.getMessage());
            }
        }
        return text == null ? Body.empty() : Body.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Tls tls(Options options) throws UsageException, FailureException {
        Tls.Builder builder = Tls.client();
        Path roots = path(options, CACERT);
        if (options.has(INSECURE)) {
            if (roots != null) {
                throw new UsageException("--insecure and --cacert exclude each other");
            }
            builder.insecureTrustAll();
        } else if (roots != null) {
            builder.trust(roots);
        }
        try {
            return builder.build();
        } catch (IOException e) {
            throw new FailureException(String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable Path path(Options options, Option option) throws UsageException {
        String text = options.text(option);
        try {
            return text == null ? null : Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException(option.name() + " is no path: " + text);
        }
    }
}
