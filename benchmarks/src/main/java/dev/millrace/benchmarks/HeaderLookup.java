package dev.millrace.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.http.Headers;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Looking up fields in a header section: one that stands first, one that stands last, and one that is not there.
 *
 * <p>Netty is asked with a {@code String}, as most users do, and with its own interned names, which carry their hash and
 * are its quickest way.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeaderLookup {

    /** Which request's fields, see {@link Requests#named}. */
    @Param({"wrk", "browser", "fields40"})
    public String request;

    /** Which field: {@code host} is the first one, {@code cookie} the sixteenth, {@code range} in none of the requests. */
    @Param({"host", "cookie", "range"})
    public String field;

    private Headers millrace;
    private HttpHeaders netty;
    private CharSequence nettyName;

    /** Builds the sections. */
    @Setup
    public void prepare() {
        netty = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        Headers.Builder builder = Headers.builder();
        String[] lines = new String(Requests.named(request), US_ASCII).split("\r\n");
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            String name = lines[i].substring(0, colon);
            String value = lines[i].substring(colon + 2);
            builder.add(name, value);
            netty.add(name, value);
        }
        millrace = builder.build();
        nettyName = switch (field) {
            case "host" -> HttpHeaderNames.HOST;
            case "cookie" -> HttpHeaderNames.COOKIE;
            case "range" -> HttpHeaderNames.RANGE;
            default -> throw new IllegalArgumentException(field);
        };
        boolean there = field.equals("host") || field.equals("cookie") && !request.equals("wrk");
        if (there != (millrace() != null) || there != (nettyString() != null) || there != (nettyOwnName() != null)) {
            throw new IllegalStateException(field + " in " + millrace);
        }
    }

    @Benchmark
    public String millrace() {
        return millrace.get(field);
    }

    @Benchmark
    public String nettyString() {
        return netty.get(field);
    }

    @Benchmark
    public String nettyOwnName() {
        return netty.get(nettyName);
    }
}
