package dev.millrace.benchmarks;

import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.hpack.HpackEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.util.AsciiString;
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
 * From a list of fields to a field block of HPACK. The list is there already; Netty's has the {@link AsciiString}s that
 * suit it best.
 *
 * <p>{@code repeated} encodes the same list each time. In {@code differing} what differs from message to message does:
 * there are 1,024 lists in turn. {@code first} empties the table before each list, which gets an entry for each field.
 *
 * <p>The two do not write the same bytes: Netty's encoder gives an entry to every field, and so throws others out in
 * {@code differing}; Millrace's waits until a value that may be unique comes again. And Millrace's uses the Huffman code
 * wherever that is shorter, while {@code netty}, as it comes, leaves strings of less than 512 bytes as they are:
 * {@code nettyHuffman} encodes them too. How many bytes a list takes is printed at the start of each fork.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FieldEncoding {
    /** Which list, see {@link FieldLists#named}. */
    @Param({"request", "response"})
    public String list;

    /** In which state of a connection. */
    @Param({"repeated", "differing", "first"})
    public String state;

    private static final int LISTS = 1024;

    private final HpackEncoder encoder = new HpackEncoder(4096);
    private final ByteAccumulator out = new ByteAccumulator(16 << 10);
    private final DefaultHttp2HeadersEncoder netty = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersEncoder nettyHuffman =
            new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, false, 16, 0);
    private final String[][] lists = new String[LISTS][];
    private final Http2Headers[] nettyLists = new Http2Headers[LISTS];
    private ByteBuf buffer;
    private boolean first;
    private int turn;

    /** Makes the lists. */
    @Setup
    public void prepare() throws Exception {
        first = state.equals("first");
        buffer = PooledByteBufAllocator.DEFAULT.directBuffer(16 << 10);
        for (int i = 0; i < LISTS; i++) {
            lists[i] = state.equals("differing") || i == 0 ? FieldLists.differing(list, i) : lists[0];
            nettyLists[i] = state.equals("differing") || i == 0 ? netty(lists[i]) : nettyLists[0];
        }
        long bytes = 0;
        long nettyBytes = 0;
        long nettyPlainBytes = 0;
        for (int i = 0; i < LISTS; i++) {
            bytes += millrace();
        }
        for (int i = 0; i < LISTS; i++) {
            nettyBytes += nettyHuffman();
        }
        for (int i = 0; i < LISTS; i++) {
            nettyPlainBytes += netty();
        }
        System.out.println("bytes of a block: " + bytes / LISTS + ", Netty's: " + nettyPlainBytes / LISTS
                + ", in Huffman code: " + nettyBytes / LISTS);
    }

    private static Http2Headers netty(String[] fields) {
        Http2Headers headers = new DefaultHttp2Headers(true, fields.length / 2);
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(AsciiString.cached(fields[i].toLowerCase(Locale.ROOT)), new AsciiString(fields[i + 1]));
        }
        return headers;
    }

    /** Gives the buffer back. */
    @TearDown
    public void release() {
        buffer.release();
        netty.close();
        nettyHuffman.close();
    }

    @Benchmark
    public int millrace() {
        String[] fields = lists[next()];
        out.clear();
        if (first) {
            encoder.peerTableSize(0);
            encoder.peerTableSize(4096);
        }
        encoder.begin(out);
        for (int i = 0; i < fields.length; i += 2) {
            encoder.encode(out, fields[i], fields[i + 1]);
        }
        return out.length();
    }

    @Benchmark
    public int netty() throws Http2Exception {
        return netty(netty);
    }

    @Benchmark
    public int nettyHuffman() throws Http2Exception {
        return netty(nettyHuffman);
    }

    private int netty(DefaultHttp2HeadersEncoder encoder) throws Http2Exception {
        Http2Headers fields = nettyLists[next()];
        buffer.clear();
        if (first) {
            encoder.maxHeaderTableSize(0);
            encoder.maxHeaderTableSize(4096);
        }
        encoder.encodeHeaders(1, fields, buffer);
        return buffer.readableBytes();
    }

    private int next() {
        int one = turn;
        turn = (one + 1) % LISTS;
        return one;
    }
}
