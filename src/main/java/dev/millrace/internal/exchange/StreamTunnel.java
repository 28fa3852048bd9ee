package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.NonBlocking;
import dev.millrace.internal.transport.Loop;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** A tunnel over a stream of any version of HTTP. */
final class StreamTunnel implements ConnectionTunnel {
    private enum Output {
        OPEN,
        FINISHED,
        LOST
    }

    private final ExchangeStream stream;
    private final InboundBody inbound;
    private final Body input;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final CompletableFuture<Void> draining = new CompletableFuture<>();
    private final ArrayDeque<CompletableFuture<Void>> waiting = new ArrayDeque<>(2); // on the loop
    private Output output = Output.OPEN; // on the loop
    private @Nullable HttpException lost; // on the loop

    StreamTunnel(ExchangeStream stream) {
        this.stream = stream;
        this.inbound = new InboundBody(stream);
        this.input = Body.publisher(inbound);
    }

    InboundBody inbound() {
        return inbound;
    }

    @Override
    public Body input() {
        return input;
    }

    @Override
    public CompletionStage<Void> write(ByteBuffer bytes) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (stream.loop().inLoop()) {
            write(bytes, done);
        } else {
            stream.loop().execute(() -> write(bytes, done));
        }
        return done;
    }

    private void write(ByteBuffer bytes, CompletableFuture<Void> done) {
        switch (output) {
            case OPEN:
                send(bytes);
                stream.progressed();
                if (stream.writable()) {
                    done.complete(null);
                } else {
                    waiting.add(done);
                }
                break;
            case FINISHED:
                done.completeExceptionally(new IllegalStateException("the direction to the peer has been closed"));
                break;
            case LOST:
                done.completeExceptionally(gone());
                break;
        }
    }

    /** The buffer is ours now, so an array in it need not be copied. */
    private void send(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (bytes.hasArray()) {
            stream.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
            bytes.position(bytes.limit());
        } else {
            byte[] copy = new byte[length];
            bytes.get(copy);
            stream.write(copy, 0, length);
        }
    }

    private HttpException gone() {
        return lost != null ? lost : new PeerClosedException("the tunnel has ended", Phase.TUNNEL, null);
    }

    void onWritable() {
        while (stream.writable() && !waiting.isEmpty()) {
            waiting.remove().complete(null);
        }
    }

    @Override
    public OutputStream outputStream() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (NonBlocking.current()) {
                    throw new IllegalStateException("an event loop must not wait for a tunnel: use write(ByteBuffer)");
                }
                byte[] copy = new byte[length];
                System.arraycopy(bytes, offset, copy, 0, length);
                try {
                    StreamTunnel.this
                            .write(ByteBuffer.wrap(copy))
                            .toCompletableFuture()
                            .get();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw (InterruptedIOException)
                            new InterruptedIOException("interrupted while writing to a tunnel").initCause(e);
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
                }
            }

            @Override
            public void close() {
                closeOutput();
            }
        };
    }

    @Override
    public void closeOutput() {
        if (!stream.loop().inLoop()) {
            stream.loop().execute(this::closeOutput);
        } else if (output == Output.OPEN) {
            output = Output.FINISHED;
            stream.end(Headers.empty());
        }
    }

    @Override
    public void close() {
        close(CloseReason.UPGRADED);
    }

    @Override
    public void close(CloseReason reason) {
        if (!stream.loop().inLoop()) {
            stream.loop().execute(() -> close(reason));
        } else {
            stream.abort(reason, null);
            ended(null);
        }
    }

    /** The tunnel is over, in both directions. */
    void ended(@Nullable HttpException cause) {
        output = Output.LOST;
        lost = cause;
        if (cause == null) {
            inbound.drop();
        } else {
            inbound.fail(cause);
        }
        while (!waiting.isEmpty()) {
            waiting.remove().completeExceptionally(gone());
        }
        closed.complete(null);
    }

    /** The server is stopping. */
    void drain() {
        draining.complete(null);
    }

    @Override
    public CompletionStage<Void> draining() {
        return draining.minimalCompletionStage();
    }

    @Override
    public CompletionStage<Void> closed() {
        return closed;
    }

    @Override
    public Loop loop() {
        return stream.loop();
    }

    @Override
    public long pending() {
        return stream.pending();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return stream.remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return stream.localAddress();
    }
}
