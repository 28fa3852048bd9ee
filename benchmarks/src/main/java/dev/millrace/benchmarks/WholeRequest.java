package dev.millrace.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Clock;
import dev.millrace.observe.Metrics;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A request from its bytes to those of the response, on one connection that stays open: all that a server does on the loop,
 * without socket and selector, which {@link MemoryTransport} stands for. The handler returns a response made in advance.
 * {@code one…}: a request arrives alone. {@code differing…}: the same with heads that differ from call to call, so that
 * the parse before is of no use. {@code pipelined…}: the time of one of 16 that arrive together.
 *
 * <p>Netty's {@code EmbeddedChannel} is made for tests and costs something itself: the comparison flatters Millrace by that
 * much, and is here so that a run has a figure of the same machine and minute to set its own against.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class WholeRequest {
    private static final int HEADS = 8;
    private static final int DEPTH = 16;

    /** Which request, see {@link Requests#named}. */
    @Param({"wrk", "browser"})
    public String request;

    private final NettyServer netty = new NettyServer();
    private MemoryTransport millrace;
    private byte[] one;
    private byte[][] differing;
    private byte[] pipelined;
    private int turn;

    /** Opens the connections and sees that they answer. */
    @Setup
    public void prepare() {
        CompletionStage<Response> hello = CompletableFuture.completedFuture(Response.text("Hello, World!"));
        Dispatcher dispatcher = Dispatcher.async(
                request -> hello,
                task -> {
                    throw new IllegalStateException("left the loop");
                },
                (request, error) -> {
                    throw new IllegalStateException("serving " + request, error);
                });
        Http1Context context = new Http1Context(
                Limits.defaults(),
                Timeouts.defaults(),
                dispatcher,
                Clock.system(),
                "millrace",
                "http",
                new Observer(new Metrics().recorder("benchmark"), List.of(), () -> false, (what, error) -> {}));
        millrace = new MemoryTransport(transport -> new Http1Connection(transport, context));
        one = Requests.named(request);
        differing = Requests.differing(request, HEADS);
        pipelined = new String(one, US_ASCII).repeat(DEPTH).getBytes(US_ASCII);
        check(oneMillrace(), millrace.output(), 1);
        check(oneNetty(), netty.output(), 1);
        for (int i = 0; i <= HEADS; i++) {
            check(differingMillrace(), millrace.output(), 1);
            check(differingNetty(), netty.output(), 1);
        }
        check(pipelinedMillrace(), millrace.output(), DEPTH);
        check(pipelinedNetty(), netty.output(), DEPTH);
    }

    /** Closes Netty's channel. */
    @TearDown
    public void close() {
        netty.close();
    }

    @Benchmark
    public int oneMillrace() {
        return millrace.arrive(one);
    }

    @Benchmark
    public int oneNetty() {
        return netty.arrive(one);
    }

    @Benchmark
    public int differingMillrace() {
        return millrace.arrive(differing[next()]);
    }

    @Benchmark
    public int differingNetty() {
        return netty.arrive(differing[next()]);
    }

    @Benchmark
    @OperationsPerInvocation(DEPTH)
    public int pipelinedMillrace() {
        return millrace.arrive(pipelined);
    }

    @Benchmark
    @OperationsPerInvocation(DEPTH)
    public int pipelinedNetty() {
        return netty.arrive(pipelined);
    }

    private int next() {
        int at = turn;
        turn = at + 1 == HEADS ? 0 : at + 1;
        return at;
    }

    private static void check(int length, byte[] output, int responses) {
        String text = new String(output, 0, length, US_ASCII);
        String each = text.substring(0, length / responses);
        if (!text.equals(each.repeat(responses))
                || !each.startsWith("HTTP/1.1 200 OK\r\n")
                || !each.toLowerCase(Locale.ROOT).contains("\r\ncontent-length: 13\r\n")
                || !each.endsWith("\r\n\r\nHello, World!")) {
            throw new IllegalStateException("answered " + text);
        }
    }
}
