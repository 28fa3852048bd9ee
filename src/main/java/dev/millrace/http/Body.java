package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.NonBlocking;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/**
 * The content of a message (RFC 9110 §6.4), to be sent or to be read.
 *
 * <p>One that is made of bytes or of a file can be read and sent any number of times. One that streams — from a
 * publisher, a writer, an input stream, or the network — can be used once; a second use fails with an
 * {@link IllegalStateException}. Both ways there is back-pressure: a producer is asked only for what the consumer takes.
 *
 * <p>The methods that read come in two shapes: {@link #bytes(int)}, {@link #string(int)} and {@link #inputStream()} wait
 * and belong on a thread that may; {@link #bytesAsync(int)} and {@link #publisher()} never wait.
 */
public final class Body {
    /** The length of a body that is not known before its end. */
    public static final long UNKNOWN_LENGTH = -1;

    private static final Body EMPTY = new Body(new Bytes(new byte[0], 0, 0), null);

    private final Source source;
    private final @Nullable Supplier<Headers> trailers;

    private Body(Source source, @Nullable Supplier<Headers> trailers) {
        this.source = source;
        this.trailers = trailers;
    }

    /** Where a body's bytes come from: what a protocol looks at to send it the cheapest way. */
    public sealed interface Source permits Bytes, FileRegion, Written, Published {
        /** {@return the number of bytes, or {@link #UNKNOWN_LENGTH}} */
        long length();
    }

    /**
     * Bytes in memory, which nobody changes any more.
     *
     * @param array holds the bytes
     * @param offset of the first one
     * @param size how many
     */
    @SuppressWarnings("ArrayRecordComponent") // not compared: a view for protocols
    public record Bytes(byte[] array, int offset, int size) implements Source {
        @Override
        public long length() {
            return size;
        }
    }

    /**
     * Bytes of a file.
     *
     * @param path the file
     * @param offset of the first byte
     * @param length how many
     */
    public record FileRegion(Path path, long offset, long length) implements Source {
        private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ);

        /**
         * Opens the file for reading; who calls it closes the channel.
         *
         * @return the channel
         * @throws IOException if the file cannot be opened
         */
        public FileChannel open() throws IOException {
            return FileChannel.open(path, READ);
        }
    }

    /**
     * Bytes that a program writes on a thread that may wait.
     *
     * @param writer the program
     * @param length the number of bytes that it will write, or {@link #UNKNOWN_LENGTH}
     */
    public record Written(Writer writer, long length) implements Source {}

    /**
     * Bytes that a publisher gives.
     *
     * @param publisher the publisher
     * @param length the number of bytes that it will give, or {@link #UNKNOWN_LENGTH}
     */
    public record Published(Flow.Publisher<ByteBuffer> publisher, long length) implements Source {}

    /** Writes a body's bytes. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Writes the whole body, once. Runs on a handler's thread, which waits while the peer does not read.
         *
         * @param out where to; it is buffered, flushing sends what is there, and it need not be closed
         * @throws IOException from {@code out} if the peer is gone ({@link PeerClosedException}), or the writer's own:
         *     the message is then cut off so that the peer notices
         */
        void writeTo(OutputStream out) throws IOException;

        /**
         * Called instead of {@link #writeTo} when the body turns out not to be wanted, as for a HEAD request. Runs on any
         * thread, so it must neither wait nor throw.
         */
        default void abandon() {}
    }

    /** {@return the body without bytes} */
    public static Body empty() {
        return EMPTY;
    }

    /**
     * A body of bytes.
     *
     * @param bytes the bytes; they are copied
     * @return the body
     */
    public static Body of(byte[] bytes) {
        return wrap(bytes.clone());
    }

    /**
     * A body of a text in UTF-8.
     *
     * @param text the text
     * @return the body
     */
    public static Body of(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A body of bytes that are not copied.
     *
     * @param bytes the bytes; never to be changed again
     * @return the body
     */
    public static Body wrap(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Body(new Bytes(bytes, 0, bytes.length), null);
    }

    /**
     * A body of a whole file, sent by the operating system itself where the connection is not encrypted.
     *
     * @param path a regular file
     * @return the body
     * @throws IOException if there is no such file, or it is a directory
     */
    public static Body file(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            throw new IOException(path + " is a directory");
        }
        return file(path, 0, attributes.size());
    }

    /**
     * A body of a part of a file.
     *
     * @param path a regular file
     * @param offset of the first byte
     * @param length how many bytes
     * @return the body
     * @throws IllegalArgumentException for a negative offset or length
     */
    public static Body file(Path path, long offset, long length) {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("offset " + offset + " and length " + length + " must not be negative");
        }
        return new Body(new FileRegion(path, offset, length), null);
    }

    /**
     * A body of what a stream gives up to its end. The stream is read on a handler's thread and closed in any case.
     *
     * @param in the stream
     * @return the body, of unknown length
     */
    public static Body stream(InputStream in) {
        return stream(in, UNKNOWN_LENGTH);
    }

    /**
     * A body of what a stream gives up to its end, whose length is known.
     *
     * @param in the stream; closed in any case
     * @param length the number of bytes that it gives
     * @return the body
     */
    public static Body stream(InputStream in, long length) {
        return new Body(new Written(new OneShotWriter(new InputStreamWriter(in)), checkLength(length)), null);
    }

    /**
     * A body that a program writes.
     *
     * @param writer the program
     * @return the body, of unknown length
     */
    public static Body writer(Writer writer) {
        return writer(writer, UNKNOWN_LENGTH);
    }

    /**
     * A body that a program writes, whose length is known.
     *
     * @param writer the program
     * @param length the number of bytes that it writes
     * @return the body
     */
    public static Body writer(Writer writer, long length) {
        return new Body(new Written(new OneShotWriter(writer), checkLength(length)), null);
    }

    /**
     * A body of the buffers that a publisher gives. The buffers become the body's: the publisher does not touch them again.
     *
     * @param publisher the publisher; asked for few buffers at a time
     * @return the body, of unknown length
     */
    public static Body publisher(Flow.Publisher<ByteBuffer> publisher) {
        return publisher(publisher, UNKNOWN_LENGTH);
    }

    /**
     * A body of the buffers that a publisher gives, whose length is known.
     *
     * @param publisher the publisher; asked for few buffers at a time
     * @param length the number of bytes that it gives
     * @return the body
     */
    public static Body publisher(Flow.Publisher<ByteBuffer> publisher, long length) {
        return new Body(new Published(new OneShotPublisher(publisher), checkLength(length)), null);
    }

    private static long checkLength(long length) {
        if (length < UNKNOWN_LENGTH) {
            throw new IllegalArgumentException("length " + length + " is negative; unknown is " + UNKNOWN_LENGTH);
        }
        return length;
    }

    /**
     * This body followed by a trailer section (RFC 9110 §6.5), which is dropped where the peer cannot take one.
     *
     * @param fields called once, when the last byte is out
     * @return the changed body
     */
    public Body withTrailers(Supplier<Headers> fields) {
        return new Body(source, fields);
    }

    /** {@return whether a trailer section may follow} */
    public boolean hasTrailers() {
        return trailers != null;
    }

    /**
     * The fields that came after the content.
     *
     * @return the trailer section, empty if there is none
     * @throws IllegalStateException if a received body has not been read to its end yet
     */
    public Headers trailers() {
        return trailers == null ? Headers.empty() : trailers.get();
    }

    /** {@return where the bytes come from} */
    public Source source() {
        return source;
    }

    /** {@return the number of bytes, or {@link #UNKNOWN_LENGTH}} */
    public long length() {
        return source.length();
    }

    /**
     * The whole content. Waits for it, so not on an event loop.
     *
     * @param max the most bytes that the caller wants to hold
     * @return the bytes
     * @throws BodyTooLargeException if there are more
     * @throws IOException if the content cannot be read to its end
     * @throws IllegalStateException if it would have to wait on an event loop: see {@link #bytesAsync(int)}
     * @throws IllegalArgumentException if {@code max} is negative
     */
    public byte[] bytes(int max) throws IOException {
        CollectingSubscriber collector = collect(max);
        CompletableFuture<byte[]> all = collector.result();
        if (!all.isDone() && NonBlocking.current()) {
            collector.cancel();
            throw new IllegalStateException(
                    "the body has not arrived yet and an event loop must not wait for it: use bytesAsync, or a Handler"
                            + " instead of an AsyncHandler");
        }
        try {
            return all.get();
        } catch (InterruptedException e) {
            collector.cancel(); // nobody will ask for the rest
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted while reading a body").initCause(e);
        } catch (ExecutionException e) {
            throw asIOException(e.getCause());
        }
    }

    static IOException asIOException(@Nullable Throwable cause) {
        if (cause instanceof IOException io) {
            return io;
        }
        if (cause instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IOException(cause);
    }

    /**
     * The whole content as text in UTF-8. Waits for it, so not on an event loop.
     *
     * @param max the most bytes that the caller wants to hold
     * @return the text
     * @throws BodyTooLargeException if there are more bytes
     * @throws IOException if the content cannot be read to its end
     */
    public String string(int max) throws IOException {
        return new String(bytes(max), StandardCharsets.UTF_8);
    }

    /**
     * The whole content, without waiting.
     *
     * @param max the most bytes that the caller wants to hold
     * @return gives the bytes; fails with {@link BodyTooLargeException} if there are more, else with what went wrong
     * @throws IllegalArgumentException if {@code max} is negative
     */
    public CompletionStage<byte[]> bytesAsync(int max) {
        return collect(max).result();
    }

    private CollectingSubscriber collect(int max) {
        if (max < 0) {
            throw new IllegalArgumentException("the most bytes to hold must not be negative: " + max);
        }
        CollectingSubscriber collector = new CollectingSubscriber(max);
        if (source.length() > max) {
            abandon();
            collector.result().completeExceptionally(new BodyTooLargeException(max));
        } else if (source instanceof Bytes bytes) {
            collector.result().complete(Arrays.copyOfRange(bytes.array, bytes.offset, bytes.offset + bytes.size));
        } else {
            publisher().subscribe(collector);
        }
        return collector;
    }

    /**
     * The whole content as text in UTF-8, without waiting.
     *
     * @param max the most bytes that the caller wants to hold
     * @return gives the text; fails as {@link #bytesAsync(int)} does
     */
    public CompletionStage<String> stringAsync(int max) {
        return bytesAsync(max).thenApply(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    /**
     * The content as a stream whose reading waits, so not for an event loop. Closing it before the end says that the rest
     * is not wanted.
     *
     * @return the stream, to be used by one thread at a time
     */
    public InputStream inputStream() {
        if (source instanceof Bytes bytes) {
            return new ByteArrayInputStream(bytes.array, bytes.offset, bytes.size);
        }
        SubscriberInputStream stream = new SubscriberInputStream();
        publisher().subscribe(stream.subscriber());
        return stream;
    }

    /**
     * The content as a publisher. The buffers are heap buffers (read-only ones for a body of bytes) and the
     * subscriber's own. A received body is published by its event loop, so the subscriber must not block.
     *
     * @return the publisher
     */
    public Flow.Publisher<ByteBuffer> publisher() {
        return publisherOn(Body::onOwnThread);
    }

    private static void onOwnThread(Runnable task) {
        Thread thread = new Thread(task, "millrace-body");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * The content as a publisher, with a place for what has to wait.
     *
     * @param blocking runs the writer of a written body and the reading of a file
     * @return the publisher
     */
    public Flow.Publisher<ByteBuffer> publisherOn(Executor blocking) {
        if (source instanceof Published published) {
            return published.publisher;
        }
        if (source instanceof Bytes bytes) {
            return new BytesPublisher(bytes);
        }
        if (source instanceof Written written) {
            return new WriterPublisher(written.writer, blocking);
        }
        return new WriterPublisher(new FileWriter((FileRegion) source), blocking);
    }

    /**
     * Reads the content to its end and throws it away.
     *
     * @return completes at the end; fails if the content cannot be read to its end
     */
    public CompletionStage<Void> discard() {
        if (!(source instanceof Published)) {
            abandon();
            return CompletableFuture.completedFuture(null);
        }
        DiscardingSubscriber subscriber = new DiscardingSubscriber();
        publisher().subscribe(subscriber);
        return subscriber.done();
    }

    /**
     * Says that the content is not wanted: what it holds open is closed. For who was given a body and does not send it.
     * Without effect on a body of bytes or of a file.
     */
    public void abandon() {
        if (source instanceof Written written) {
            written.writer.abandon();
        } else if (source instanceof Published published) {
            published.publisher.subscribe(new CancellingSubscriber());
        }
    }

    /** {@return the kind and length of the content, for a log} */
    @Override
    public String toString() {
        long length = source.length();
        return source.getClass().getSimpleName() + "[" + (length < 0 ? "unknown length" : length + " bytes") + "]";
    }
}
