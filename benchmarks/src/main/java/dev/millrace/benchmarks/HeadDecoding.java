package dev.millrace.benchmarks;

import dev.millrace.http.Limits;
import dev.millrace.internal.h1.HeadDecoder;
import dev.millrace.internal.h1.RequestHead;
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
 * <p>Millrace's decoder is measured in three ways. {@code millrace} decodes one head again and again as a loop does, which
 * uses the parse before again: what a connection under wrk costs. {@code millracePlain} does not, and so is the parse
 * itself: <b>this is the one to compare with Netty's.</b> {@code millraceDiffering} decodes as a loop does heads that differ
 * from call to call in the target and in a field: it tries to use the parse before, cannot, and keeps what it parsed.
 *
 * <p>Netty's decoder is measured in three ways too; compare with the quickest. {@code nettyHeap} and {@code nettyDirect}
 * call its {@code decode} directly, without a pipeline and without the accumulation around it, on a pooled buffer in the
 * heap or outside it. {@code nettyPipeline} is how it is used: a handler in a pipeline, here that of an
 * {@link EmbeddedChannel}. {@code nettyHeapDiffering} is the first one on the heads that differ.
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

    private static final int HEADS = 8;
    private static final int READ_BUFFER = 64 << 10;

    private final HeadDecoder reusing = new HeadDecoder(Limits.defaults());
    private final HeadDecoder plain = new HeadDecoder(Limits.defaults(), false);
    private final byte[] one = new byte[READ_BUFFER]; // the head stands where a loop would have read it to
    private final byte[] several = new byte[READ_BUFFER];
    private int length;
    private int turn;

    private final BareDecoder bare = new BareDecoder();
    private final LastRead last = new LastRead();
    private final EmbeddedChannel pipeline = new EmbeddedChannel(new HttpRequestDecoder(), last);
    private final List<Object> out = new ArrayList<>();
    private ByteBuf heap;
    private ByteBuf direct;
    private ByteBuf heapSeveral;

    /** Puts the request into buffers, and sees that each way decodes it. */
    @Setup
    public void prepare() throws Exception {
        byte[] bytes = Requests.named(request);
        heap = PooledByteBufAllocator.DEFAULT.heapBuffer(bytes.length).writeBytes(bytes);
        direct = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        length = bytes.length;
        System.arraycopy(bytes, 0, one, 0, length);
        byte[][] differing = Requests.differing(request, HEADS);
        for (int i = 0; i < HEADS; i++) {
            System.arraycopy(differing[i], 0, several, i * length, length);
        }
        heapSeveral = PooledByteBufAllocator.DEFAULT.heapBuffer(HEADS * length).writeBytes(several, 0, HEADS * length);
        for (int i = 0; i <= HEADS; i++) {
            check(millrace());
            check(millracePlain());
            check(millraceDiffering());
            check(nettyHeapDiffering());
        }
        check(nettyHeap());
        check(nettyDirect());
        check(nettyPipeline());
    }

    /** Gives the buffers back. */
    @TearDown
    public void release() {
        heap.release();
        direct.release();
        heapSeveral.release();
        pipeline.finishAndReleaseAll();
    }

    @Benchmark
    public RequestHead millrace() {
        reusing.decode(one, 0, length);
        return reusing.head();
    }

    @Benchmark
    public RequestHead millracePlain() {
        plain.decode(one, 0, length);
        return plain.head();
    }

    @Benchmark
    public RequestHead millraceDiffering() {
        int at = next();
        reusing.decode(several, at, at + length);
        return reusing.head();
    }

    @Benchmark
    public Object nettyHeap() throws Exception {
        return bare.decode(heap, 0, length, out);
    }

    @Benchmark
    public Object nettyHeapDiffering() throws Exception {
        int at = next();
        return bare.decode(heapSeveral, at, at + length, out);
    }

    @Benchmark
    public Object nettyDirect() throws Exception {
        return bare.decode(direct, 0, length, out);
    }

    @Benchmark
    public Object nettyPipeline() {
        pipeline.writeInbound(direct.retainedDuplicate().readerIndex(0));
        return last.request;
    }

    /** Where the next of the heads that differ starts. */
    private int next() {
        int at = turn;
        turn = at + 1 == HEADS ? 0 : at + 1;
        return at * length;
    }

    private void check(Object decoded) {
        int fields = request.equals("wrk") ? 1 : request.equals("browser") ? 16 : 40;
        boolean right = decoded instanceof RequestHead head
                ? head.headers().size() == fields
                : decoded instanceof HttpRequest netty
                        && netty.decoderResult().isSuccess()
                        && netty.headers().size() == fields;
        if (!right) {
            throw new IllegalStateException("decoded to " + decoded);
        }
    }

    /** Netty's decoder without anything around it: a request without a body needs no context. */
    private static final class BareDecoder extends HttpRequestDecoder {
        Object decode(ByteBuf request, int from, int to, List<Object> out) throws Exception {
            out.clear();
            request.setIndex(from, to);
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
