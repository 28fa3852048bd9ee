package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of body, read in every way. */
@Timeout(300) // ends what would otherwise wait for ever
final class BodyTest {
    private static final int SIZE = 300_001;
    private static final byte[] CONTENT = new byte[SIZE];

    static {
        new Random(SIZE).nextBytes(CONTENT);
    }

    @TempDir
    private Path directory;

    enum Kind {
        WRAPPED(SIZE, true),
        COPIED(SIZE, true),
        FILE(SIZE, true),
        FILE_REGION(SIZE, true),
        STREAM(-1, false),
        STREAM_OF_LENGTH(SIZE, false),
        WRITER(-1, false),
        WRITER_OF_LENGTH(SIZE, false),
        PUBLISHER(-1, false),
        PUBLISHER_OF_LENGTH(SIZE, false);

        final long length;
        final boolean reusable;

        Kind(long length, boolean reusable) {
            this.length = length;
            this.reusable = reusable;
        }
    }

    private Body body(Kind kind) throws IOException {
        return switch (kind) {
            case WRAPPED -> Body.wrap(CONTENT);
            case COPIED -> Body.of(CONTENT);
            case FILE -> Body.file(Files.write(directory.resolve("whole"), CONTENT));
            case FILE_REGION -> {
                Path path = directory.resolve("part");
                try (OutputStream out = Files.newOutputStream(path)) {
                    out.write(new byte[1000]);
                    out.write(CONTENT);
                    out.write(new byte[1000]);
                }
                yield Body.file(path, 1000, SIZE);
            }
            case STREAM -> Body.stream(new ByteArrayInputStream(CONTENT));
            case STREAM_OF_LENGTH -> Body.stream(new ByteArrayInputStream(CONTENT), SIZE);
            case WRITER -> Body.writer(out -> out.write(CONTENT));
            case WRITER_OF_LENGTH -> Body.writer(out -> out.write(CONTENT), SIZE);
            case PUBLISHER -> Body.publisher(Body.wrap(CONTENT).publisher());
            case PUBLISHER_OF_LENGTH -> Body.publisher(Body.wrap(CONTENT).publisher(), SIZE);
        };
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(RecordingSubscriber.GENEROUS_SECONDS, TimeUnit.SECONDS);
    }

    private static Throwable failure(CompletionStage<?> stage) {
        return assertThrows(ExecutionException.class, () -> get(stage)).getCause();
    }

    @ParameterizedTest
    @EnumSource
    void readsInEveryWay(Kind kind) throws Exception {
        assertEquals(kind.length, body(kind).length());
        assertArrayEquals(CONTENT, body(kind).bytes(SIZE));
        assertArrayEquals(CONTENT, body(kind).bytes(Integer.MAX_VALUE));
        assertArrayEquals(CONTENT, get(body(kind).bytesAsync(SIZE)));
        try (InputStream in = body(kind).inputStream()) {
            assertArrayEquals(CONTENT, in.readAllBytes());
            assertEquals(-1, in.read());
            assertEquals(-1, in.read(new byte[5]));
        }
        RecordingSubscriber subscriber = new RecordingSubscriber(1) {
            @Override
            void received(int count) {
                subscription().request(1);
            }
        };
        body(kind).publisher().subscribe(subscriber);
        subscriber.awaitComplete();
        assertArrayEquals(CONTENT, subscriber.bytes());
        assertNull(get(body(kind).discard()));
        body(kind).abandon();
    }

    @ParameterizedTest
    @EnumSource
    void holdsTheBound(Kind kind) throws Exception {
        BodyTooLargeException large =
                assertThrows(BodyTooLargeException.class, () -> body(kind).bytes(SIZE - 1));
        assertTrue(large.getMessage().contains(Integer.toString(SIZE - 1)), large.getMessage());
        assertThrows(BodyTooLargeException.class, () -> body(kind).string(0));
        assertInstanceOf(BodyTooLargeException.class, failure(body(kind).bytesAsync(SIZE - 1)));
        assertInstanceOf(BodyTooLargeException.class, failure(body(kind).stringAsync(1)));
        assertThrows(IllegalArgumentException.class, () -> body(kind).bytes(-1));
        assertThrows(IllegalArgumentException.class, () -> body(kind).bytesAsync(-1));
    }

    @ParameterizedTest
    @EnumSource
    void secondUseWorksOrFailsAsPromised(Kind kind) throws Exception {
        Body body = body(kind);
        body.bytes(SIZE);
        if (kind.reusable) {
            assertArrayEquals(CONTENT, body.bytes(SIZE));
            assertArrayEquals(CONTENT, body.inputStream().readAllBytes());
            body.abandon();
            get(body.discard());
            assertArrayEquals(CONTENT, get(body.bytesAsync(SIZE)));
            return;
        }
        refused(body);
        refused(body.withTrailers(Headers::empty));
        body.abandon(); // says only that nothing is wanted
        Body abandoned = body(kind);
        abandoned.abandon();
        abandoned.abandon();
        refused(abandoned);
        Body discarded = body(kind);
        get(discarded.discard());
        refused(discarded);
        Body tooLarge = body(kind);
        assertThrows(BodyTooLargeException.class, () -> tooLarge.bytes(5));
        refused(tooLarge);
    }

    private static void refused(Body body) throws Exception {
        assertThrows(IllegalStateException.class, () -> body.bytes(SIZE));
        assertInstanceOf(IllegalStateException.class, failure(body.bytesAsync(SIZE)));
        assertThrows(IllegalStateException.class, () -> body.inputStream().read());
        RecordingSubscriber subscriber = new RecordingSubscriber(1);
        body.publisher().subscribe(subscriber);
        assertInstanceOf(IllegalStateException.class, subscriber.awaitError());
    }

    @Test
    void discardingAUsedReceivedBodyFails() throws Exception {
        Body body = body(Kind.PUBLISHER);
        body.bytes(SIZE);
        assertInstanceOf(IllegalStateException.class, failure(body.discard()));
    }

    @Test
    void empty() throws Exception {
        assertSame(Body.empty(), Body.of(""));
        assertSame(Body.empty(), Body.wrap(new byte[0]));
        assertEquals(0, Body.empty().length());
        assertEquals("", Body.empty().string(0));
        assertEquals(-1, Body.empty().inputStream().read());
        assertEquals("", Body.writer(out -> {}).string(0));
        assertEquals("", Body.stream(InputStream.nullInputStream()).string(0));
        assertEquals("", Body.publisher(Body.empty().publisher()).string(0));
        assertEquals("", Body.file(Files.createFile(directory.resolve("empty"))).string(0));
    }

    @Test
    void textIsUtf8() throws Exception {
        assertEquals(6, Body.of("é€x").length());
        assertEquals("é€x", Body.of("é€x").string(6));
        assertEquals(
                "é€x",
                get(Body.writer(out -> out.write(
                                new byte[] {(byte) 0xc3, (byte) 0xa9, (byte) 0xe2, (byte) 0x82, (byte) 0xac, 'x'}))
                        .stringAsync(6)));
        assertEquals("\ufffd", Body.wrap(new byte[] {(byte) 0xff}).string(1));
    }

    @Test
    void copiesProtectFromChanges() throws Exception {
        byte[] bytes = {1, 2};
        Body copied = Body.of(bytes);
        Body wrapped = Body.wrap(bytes);
        bytes[0] = 9;
        assertArrayEquals(new byte[] {1, 2}, copied.bytes(2));
        wrapped.bytes(2)[1] = 9;
        assertArrayEquals(new byte[] {9, 2}, wrapped.bytes(2), "what a reader gets is its own");
    }

    @Test
    void badLengthsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Body.writer(out -> {}, -2));
        assertThrows(IllegalArgumentException.class, () -> Body.stream(InputStream.nullInputStream(), -2));
        assertThrows(
                IllegalArgumentException.class,
                () -> Body.publisher(Body.empty().publisher(), Long.MIN_VALUE));
        assertThrows(IllegalArgumentException.class, () -> Body.file(directory, -1, 0));
        assertThrows(IllegalArgumentException.class, () -> Body.file(directory, 0, -1));
    }

    @Test
    void filesThatAreNotThereOrTooShort() throws Exception {
        Path path = directory.resolve("file");
        assertThrows(NoSuchFileException.class, () -> Body.file(path));
        assertThrows(NoSuchFileException.class, () -> Body.file(path, 0, 1).bytes(1));
        Files.write(path, new byte[10]);
        assertThrows(EOFException.class, () -> Body.file(path, 5, 6).bytes(100));
        assertInstanceOf(EOFException.class, failure(Body.file(path, 11, 1).bytesAsync(100)));
        assertArrayEquals(new byte[5], Body.file(path, 5, 5).bytes(5));
    }

    @Test
    void failuresComeOutAsTheyAre() {
        IOException io = new IOException("disk");
        IllegalStateException runtime = new IllegalStateException("bug");
        AssertionError error = new AssertionError("worse");
        assertSame(io, assertThrows(IOException.class, () -> failing(io).bytes(9)));
        assertSame(
                runtime,
                assertThrows(IllegalStateException.class, () -> failing(runtime).bytes(9)));
        assertSame(
                error, assertThrows(AssertionError.class, () -> failing(error).bytes(9)));
        assertSame(io, failure(failing(io).bytesAsync(9)));
        assertSame(
                io,
                assertThrows(IOException.class, () -> failing(io).inputStream().readAllBytes()));
        assertSame(
                runtime,
                assertThrows(
                        IllegalStateException.class,
                        () -> failing(runtime).inputStream().readAllBytes()));
    }

    private static Body failing(Throwable failure) {
        return Body.writer(out -> {
            out.write(1);
            if (failure instanceof IOException io) {
                throw io;
            }
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        });
    }

    /** Counts how often it is closed, and may fail to. */
    private static final class Closing extends FilterInputStream {
        final AtomicInteger closed = new AtomicInteger();
        final CompletableFuture<Void> closing = new CompletableFuture<>();
        final boolean failing;

        Closing(InputStream in, boolean failing) {
            super(in);
            this.failing = failing;
        }

        @Override
        public void close() throws IOException {
            closed.incrementAndGet();
            closing.complete(null);
            if (failing) {
                throw new IOException("cannot close");
            }
        }
    }

    @Test
    void streamsAreClosedInAnyCase() throws Exception {
        Closing read = new Closing(new ByteArrayInputStream(CONTENT), false);
        Body.stream(read).bytes(SIZE);
        assertEquals(1, read.closed.get());

        Closing abandoned = new Closing(new ByteArrayInputStream(CONTENT), true);
        Body body = Body.stream(abandoned);
        body.abandon();
        body.abandon();
        assertEquals(1, abandoned.closed.get());

        Closing discarded = new Closing(new ByteArrayInputStream(CONTENT), false);
        get(Body.stream(discarded).discard());
        assertEquals(1, discarded.closed.get());

        Closing tooLarge = new Closing(new ByteArrayInputStream(CONTENT), false);
        assertThrows(
                BodyTooLargeException.class, () -> Body.stream(tooLarge, SIZE).bytes(1));
        assertEquals(1, tooLarge.closed.get());

        Closing left = new Closing(new ByteArrayInputStream(CONTENT), false);
        try (InputStream in = Body.stream(left).inputStream()) {
            assertEquals(CONTENT[0] & 0xff, in.read());
        }
        get(left.closing);

        Closing broken = new Closing(new ByteArrayInputStream(CONTENT), true);
        assertEquals(
                "cannot close",
                assertThrows(IOException.class, () -> Body.stream(broken).bytes(SIZE))
                        .getMessage());
    }

    @Test
    void aLiveStreamIsPassedOnAsItArrives() throws Exception {
        PipedOutputStream source = new PipedOutputStream();
        try (InputStream in = Body.stream(new PipedInputStream(source)).inputStream()) {
            source.write("event".getBytes(StandardCharsets.US_ASCII));
            source.flush();
            byte[] event = new byte[5];
            assertEquals(5, in.readNBytes(event, 0, 5), "must come before the end of the stream");
            source.close();
            assertEquals(-1, in.read());
        }
    }

    @Test
    void trailers() {
        assertFalse(Body.of("a").hasTrailers());
        assertSame(Headers.empty(), Body.of("a").trailers());
        Headers fields = Headers.of("Digest", "x");
        Body body = Body.of("a").withTrailers(() -> fields);
        assertTrue(body.hasTrailers());
        assertSame(fields, body.trailers());
        assertEquals(1, body.length());
        assertSame(body.source(), body.withTrailers(Headers::empty).source());
        Body early = Body.of("a").withTrailers(() -> {
            throw new IllegalStateException("not read to its end");
        });
        assertThrows(IllegalStateException.class, early::trailers);
    }

    @Test
    void sourcesSayHowToSend() throws Exception {
        Body.Bytes bytes = assertInstanceOf(Body.Bytes.class, Body.of("abc").source());
        assertEquals(3, bytes.size());
        Body.FileRegion file =
                assertInstanceOf(Body.FileRegion.class, body(Kind.FILE_REGION).source());
        assertEquals(1000, file.offset());
        try (var channel = file.open()) {
            assertEquals(SIZE + 2000, channel.size());
        }
        assertInstanceOf(Body.Written.class, body(Kind.WRITER).source());
        assertInstanceOf(Body.Written.class, body(Kind.STREAM).source());
        assertInstanceOf(Body.Published.class, body(Kind.PUBLISHER).source());
    }

    @Test
    void aWriterIsAbandonedOrRunButNotBoth() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger abandons = new AtomicInteger();
        Body.Writer writer = new Body.Writer() {
            @Override
            public void writeTo(OutputStream out) {
                runs.incrementAndGet();
            }

            @Override
            public void abandon() {
                abandons.incrementAndGet();
            }
        };
        Body abandoned = Body.writer(writer);
        abandoned.abandon();
        assertThrows(IllegalStateException.class, () -> abandoned.bytes(1));
        assertEquals(0, runs.get());
        assertEquals(1, abandons.get());
        Body run = Body.writer(writer);
        run.bytes(1);
        run.abandon();
        get(run.discard());
        assertEquals(1, runs.get());
        assertEquals(1, abandons.get());
    }

    @Test
    void textForALog() throws Exception {
        assertEquals("Bytes[3 bytes]", Body.of("abc").toString());
        assertEquals("Written[unknown length]", body(Kind.WRITER).toString());
        assertEquals("FileRegion[" + SIZE + " bytes]", body(Kind.FILE).toString());
    }
}
