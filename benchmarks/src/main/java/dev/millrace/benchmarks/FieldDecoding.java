package dev.millrace.benchmarks;

import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.hpack.FieldKind;
import dev.millrace.internal.hpack.FieldSink;
import dev.millrace.internal.hpack.HeaderField;
import dev.millrace.internal.hpack.HpackDecoder;
import dev.millrace.internal.hpack.HpackEncoder;
import dev.millrace.internal.hpack.HpackException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Arrays;
import java.util.Locale;
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
 * From a field block of HPACK to the list of its fields.
 *
 * <p>{@code repeated} is a block of nothing but indexes, as it comes when a message is like one before. In
 * {@code differing} what differs from message to message is literal, in Huffman code and not indexed; there are 1,024
 * such blocks in turn. {@code first} is all literal and gets an entry for each field, after the table was emptied: the
 * first block of a connection, as many of the loop's connections have sent it. {@code unseen} is the same with values
 * that nobody has sent before; there are 1,024 such blocks.
 *
 * <p>{@code millrace} makes a {@link Headers} of all fields. {@code millraceFields} only hands them out, which is what
 * the decoder itself costs. {@code netty} makes its {@link Http2Headers} with the checks that are the default, and
 * {@code nettyUnchecked} without them: <b>compare {@code millrace}, which checks everything, with the quicker one.</b>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FieldDecoding {
    /** Which list, see {@link FieldLists#named}. */
    @Param({"request", "response"})
    public String list;

    /** In which state of a connection. */
    @Param({"repeated", "differing", "first", "unseen"})
    public String state;

    private final HpackDecoder decoder = new HpackDecoder(4096, 8192);
    private final Collected collected = new Collected();
    private final Last last = new Last();
    private final DefaultHttp2HeadersDecoder netty = new DefaultHttp2HeadersDecoder(true);
    private final DefaultHttp2HeadersDecoder nettyUnchecked = new DefaultHttp2HeadersDecoder(false, false);
    private final ByteAccumulator blocks = new ByteAccumulator(16 << 10);
    private int[] starts;
    private ByteBuf buffer;
    private int turn;

    /** Makes the blocks, brings all tables to where they are needed, and sees that each way decodes them. */
    @Setup
    public void prepare() throws Exception {
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator before = new ByteAccumulator(0);
        boolean emptied = state.equals("first") || state.equals("unseen");
        int count = state.equals("repeated") || state.equals("first") ? 1 : 1024;
        starts = new int[count + 1];
        for (int i = 0; i < 3 && !emptied; i++) {
            before.clear();
            encode(encoder, before, FieldLists.named(list));
            decodeAll(before);
        }
        for (int i = 0; i < count; i++) {
            if (emptied) {
                encoder.peerTableSize(0);
                encoder.peerTableSize(4096);
            }
            String[] fields = fields(i);
            encode(encoder, blocks, fields);
            starts[i + 1] = blocks.length();
        }
        buffer = PooledByteBufAllocator.DEFAULT.directBuffer(blocks.length());
        buffer.writeBytes(blocks.array(), 0, blocks.length());
        for (int i = 0; i < count; i++) {
            String[] fields = fields(i);
            turn = i;
            check(millrace(), fields);
            turn = i;
            check(netty(), fields);
            turn = i;
            check(nettyUnchecked(), fields);
        }
    }

    private String[] fields(int number) {
        return switch (state) {
            case "differing" -> FieldLists.differing(list, number);
            case "unseen" -> FieldLists.unseen(list, number);
            default -> FieldLists.named(list);
        };
    }

    private static void encode(HpackEncoder encoder, ByteAccumulator out, String[] fields) {
        encoder.begin(out);
        for (int i = 0; i < fields.length; i += 2) {
            encoder.encode(out, fields[i], fields[i + 1]);
        }
    }

    private void decodeAll(ByteAccumulator block) throws HpackException, Http2Exception {
        ByteBuf bytes = PooledByteBufAllocator.DEFAULT.heapBuffer().writeBytes(block.array(), 0, block.length());
        decoder.decode(block.array(), 0, block.length(), field -> {});
        netty(netty, bytes, 0, block.length());
        netty(nettyUnchecked, bytes, 0, block.length());
        bytes.release();
    }

    private static void check(Headers headers, String[] fields) {
        for (int i = 0; i < headers.size(); i++) {
            if (!headers.name(i).equalsIgnoreCase(fields[2 * i])
                    || !headers.value(i).equals(fields[2 * i + 1])) {
                throw new IllegalStateException(headers + " is not " + Arrays.toString(fields));
            }
        }
        if (2 * headers.size() != fields.length) {
            throw new IllegalStateException(headers + " is not " + Arrays.toString(fields));
        }
    }

    private static void check(Http2Headers headers, String[] fields) {
        for (int i = 0; i < fields.length; i += 2) {
            if (!headers.contains(fields[i].toLowerCase(Locale.ROOT), fields[i + 1])) {
                throw new IllegalStateException(headers + " has no " + fields[i]);
            }
        }
    }

    /** Gives the buffer back. */
    @TearDown
    public void release() {
        buffer.release();
    }

    @Benchmark
    public Headers millrace() throws HpackException {
        int block = next();
        collected.count = 0;
        decoder.decode(blocks.array(), starts[block], starts[block + 1], collected);
        return Headers.ofChecked(Arrays.copyOf(collected.lines, collected.count));
    }

    @Benchmark
    public HeaderField millraceFields() throws HpackException {
        int block = next();
        decoder.decode(blocks.array(), starts[block], starts[block + 1], last);
        return last.field;
    }

    @Benchmark
    public Http2Headers netty() throws Http2Exception {
        int block = next();
        return netty(netty, buffer, starts[block], starts[block + 1]);
    }

    @Benchmark
    public Http2Headers nettyUnchecked() throws Http2Exception {
        int block = next();
        return netty(nettyUnchecked, buffer, starts[block], starts[block + 1]);
    }

    private static Http2Headers netty(DefaultHttp2HeadersDecoder decoder, ByteBuf buffer, int from, int to)
            throws Http2Exception {
        buffer.setIndex(from, to);
        return decoder.decodeHeaders(1, buffer);
    }

    private int next() {
        int block = turn;
        turn = block + 2 == starts.length ? 0 : block + 1;
        return block;
    }

    /** Gathers names and values. */
    private static final class Collected implements FieldSink {
        final String[] lines = new String[128];
        int count;

        @Override
        public void field(HeaderField field) {
            if (field.kind() == FieldKind.MALFORMED || field.kind() == FieldKind.TOO_LONG) {
                throw new IllegalStateException(field.name());
            }
            lines[count] = field.name();
            lines[count + 1] = field.value();
            count += 2;
        }
    }

    /** Takes fields and keeps the last one. */
    private static final class Last implements FieldSink {
        HeaderField field;

        @Override
        public void field(HeaderField f) {
            field = f;
        }
    }
}
