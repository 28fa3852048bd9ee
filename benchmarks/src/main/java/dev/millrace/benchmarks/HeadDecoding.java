package dev.millrace.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the bytes of a request's head to a request with its fields. The bytes are there already, whole and in one piece.
 *
 * <p>Netty's decoder is measured in three ways; compare with the quickest. The first two call its {@code decode} directly,
 * without a pipeline and without the accumulation around it, on a pooled buffer in the heap or outside it. The third is how
 * it is used: a handler in a pipeline, here that of an {@link EmbeddedChannel}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeadDecoding {

    /** Which request, see {@link Requests#named}. */
    @Param({"wrk", "browser", "fields40"})
    public String request;

    private final BareDecoder bare = new BareDecoder();
    private final LastRead last = new LastRead();
    private final EmbeddedChannel pipeline = new EmbeddedChannel(new HttpRequestDecoder(), last);
    private final List<Object> out = new ArrayList<>();
    private ByteBuf heap;
    private ByteBuf direct;

    /** Puts the request into buffers, and sees that each way decodes it. */
    @Setup
    public void prepare() throws Exception {
        byte[] bytes = Requests.named(request);
        heap = PooledByteBufAllocator.DEFAULT.heapBuffer(bytes.length).writeBytes(bytes);
        direct = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        check(nettyHeap());
        check(nettyDirect());
        check(nettyPipeline());
    }

    /** Gives the buffers back. */
    @TearDown
    public void release() {
        heap.release();
        direct.release();
        pipeline.finishAndReleaseAll();
    }

    @Benchmark
    public Object nettyHeap() throws Exception {
        return bare.decode(heap, out);
    }

    @Benchmark
    public Object nettyDirect() throws Exception {
        return bare.decode(direct, out);
    }

    @Benchmark
    public Object nettyPipeline() {
        pipeline.writeInbound(direct.retainedDuplicate().readerIndex(0));
        return last.request;
    }

    private void check(Object decoded) {
        int fields = request.equals("wrk") ? 1 : request.equals("browser") ? 16 : 40;
        if (!(decoded instanceof HttpRequest netty)
                || netty.decoderResult().isFailure()
                || netty.headers().size() != fields) {
            throw new IllegalStateException("decoded to " + decoded);
        }
    }

    /** Netty's decoder without anything around it: a request without a body needs no context. */
    private static final class BareDecoder extends HttpRequestDecoder {
        Object decode(ByteBuf request, List<Object> out) throws Exception {
            out.clear();
            request.readerIndex(0);
            decode(null, request, out);
            return out.get(0);
        }
    }

    /** The end of the pipeline. */
    private static final class LastRead extends ChannelInboundHandlerAdapter {
        Object request;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest) {
                request = message;
            }
            ReferenceCountUtil.release(message);
        }
    }
}
