package dev.millrace.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;

/**
 * The same connection made of Netty's codec, with what is known to make it quick: pooled buffers, a content that is made
 * once, names and values of {@link AsciiString}, headers that are not validated, one flush for all that arrived together.
 * Even the date is made once.
 */
final class NettyServer {
    private final EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), new Hello());
    private final byte[] output = new byte[128 << 10];

    /**
     * Bytes arrive, and what is written in answer goes out.
     *
     * @param bytes what arrives
     * @return how many bytes went out; {@link #output()} holds them until the next call
     */
    int arrive(byte[] bytes) {
        channel.writeInbound(
                PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes));
        int sent = 0;
        for (ByteBuf part; (part = channel.readOutbound()) != null; ) {
            int n = part.readableBytes();
            part.readBytes(output, sent, n);
            part.release();
            sent += n;
        }
        return sent;
    }

    /** What went out in the last turn. */
    byte[] output() {
        return output;
    }

    void close() {
        channel.finishAndReleaseAll();
    }

    /** The handler. */
    private static final class Hello extends ChannelInboundHandlerAdapter {
        private static final AsciiString TYPE = AsciiString.cached("text/plain; charset=utf-8");
        private static final AsciiString LENGTH = AsciiString.cached("13");
        private static final AsciiString DATE = AsciiString.cached("Sat, 01 Mar 2025 10:00:00 GMT");
        private static final AsciiString SERVER = AsciiString.cached("netty");

        private final ByteBuf content =
                Unpooled.unreleasableBuffer(Unpooled.directBuffer(13).writeBytes("Hello, World!".getBytes(US_ASCII)));

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest) {
                HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory()
                        .withValidation(false)
                        .newHeaders()
                        .set(HttpHeaderNames.CONTENT_TYPE, TYPE)
                        .set(HttpHeaderNames.DATE, DATE)
                        .set(HttpHeaderNames.SERVER, SERVER)
                        .set(HttpHeaderNames.CONTENT_LENGTH, LENGTH);
                context.write(
                        new DefaultFullHttpResponse(
                                HttpVersion.HTTP_1_1,
                                HttpResponseStatus.OK,
                                content.duplicate(),
                                headers,
                                EmptyHttpHeaders.INSTANCE),
                        context.voidPromise());
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
