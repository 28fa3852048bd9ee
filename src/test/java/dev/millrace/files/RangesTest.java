package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partial responses, whole messages of them. */
class RangesTest {
    @TempDir
    private Path root;

    private FileHandler files;

    @BeforeEach
    void makeHandler() throws IOException {
        files = FileHandler.of(root);
    }

    private byte[] write(String name, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.write(root.resolve(name), content);
        return content;
    }

    private Response get(String target, String range) {
        Request request =
                Request.builder(Method.GET, target).header("Range", range).build();
        return files.handle(request).toCompletableFuture().join();
    }

    @Test
    void oneRangeIsARegionOfTheFile() throws IOException {
        byte[] content = write("a.bin", 1000);
        Response response = get("/a.bin", "bytes=100-299");
        assertEquals(206, response.status().code());
        assertEquals("bytes 100-299/1000", response.headers().get("Content-Range"));
        assertEquals("application/octet-stream", response.headers().get("Content-Type"));
        assertNotNull(response.headers().get("ETag"));
        assertEquals(
                new Body.FileRegion(root.toRealPath().resolve("a.bin"), 100, 200),
                response.body().source());
        assertEquals(
                ByteBuffer.wrap(content, 100, 200),
                ByteBuffer.wrap(response.body().bytes(1000)));
    }

    @Test
    void severalRangesAreAMultipartMessage() throws IOException {
        Files.writeString(root.resolve("a.txt"), "0123456789");
        Response response = get("/a.txt", "bytes=7-8,0-1");
        assertEquals(206, response.status().code());
        assertNull(response.headers().get("Content-Range"), "that stands in the parts (RFC 9110 §15.3.7.2)");
        String type = response.headers().get("Content-Type");
        assertTrue(type.startsWith("multipart/byteranges; boundary="), type);
        String boundary = type.substring(type.indexOf('=') + 1);
        String expected = "--" + boundary
                + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 7-8/10\r\n\r\n78\r\n--"
                + boundary
                + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--"
                + boundary
                + "--\r\n";
        assertEquals(expected.length(), response.body().length());
        assertEquals(expected, response.body().string(1000));
        assertNotEquals(type, get("/a.txt", "bytes=7-8,0-1").headers().get("Content-Type"));
    }

    @Test
    void rangesThatBecomeOneAreNoMultipart() throws IOException {
        write("a.bin", 100);
        Response response = get("/a.bin", "bytes=0-50,40-99");
        assertEquals("bytes 0-99/100", response.headers().get("Content-Range"));
        assertEquals(100, response.body().length());
    }

    @Test
    void tooManyRangesGetTheWholeFile() throws IOException {
        write("a.bin", 1000);
        StringBuilder range = new StringBuilder("bytes=0-0");
        for (int i = 1; i <= ByteRanges.MOST; i++) {
            range.append(',').append(2 * i).append('-').append(2 * i);
        }
        assertEquals(200, get("/a.bin", range.toString()).status().code());
    }

    @Test
    void anyRangesOfAnyFileAreItsBytes() throws IOException {
        Random random = new Random(206);
        for (int i = 0; i < 300; i++) {
            int size = 1 + random.nextInt(300_000);
            byte[] content = write("a.bin", size);
            BitSet wanted = new BitSet();
            List<String> specs = new ArrayList<>();
            for (int n = 1 + random.nextInt(5); n > 0; n--) {
                int first = random.nextInt(size + size / 4 + 1);
                int last = first + random.nextInt(1 + size / 3);
                specs.add(random.nextInt(5) == 0 ? "-" + first : first + "-" + last);
                boolean suffix = specs.get(specs.size() - 1).startsWith("-");
                wanted.set(
                        suffix ? Math.max(0, size - first) : Math.min(first, size),
                        suffix ? size : Math.min(last + 1, size));
            }
            String range = "bytes=" + String.join(", ", specs);
            Response response = get("/a.bin", range);
            if (wanted.isEmpty()) {
                assertEquals(416, response.status().code(), range);
                assertEquals("bytes */" + size, response.headers().get("Content-Range"));
                continue;
            }
            assertEquals(206, response.status().code(), range);
            byte[] body = response.body().bytes(1 << 20);
            assertEquals(body.length, response.body().length());
            BitSet given = new BitSet();
            String contentRange = response.headers().get("Content-Range");
            if (contentRange != null) {
                check(contentRange, content, ByteBuffer.wrap(body), given);
            } else {
                checkParts(response.headers().get("Content-Type"), content, body, given);
            }
            assertEquals(wanted, given, range + " of " + size);
        }
    }

    private static void checkParts(String type, byte[] content, byte[] body, BitSet given) {
        String boundary = type.substring(type.indexOf('=') + 1);
        String text = new String(body, StandardCharsets.ISO_8859_1);
        int at = 0;
        int parts = 0;
        while (!text.startsWith("--" + boundary + "--\r\n", at)) {
            assertTrue(text.startsWith("--" + boundary + "\r\n", at), "a boundary at " + at);
            int data = text.indexOf("\r\n\r\n", at) + 4;
            String head = text.substring(at, data);
            int range = head.indexOf("Content-Range: ") + 15;
            String contentRange = head.substring(range, head.indexOf('\r', range));
            ByteBuffer rest = ByteBuffer.wrap(body, data, body.length - data);
            int end = data + check(contentRange, content, rest, given);
            assertTrue(text.startsWith("\r\n", end));
            at = end + 2;
            parts++;
        }
        assertEquals(text.length(), at + boundary.length() + 6);
        assertTrue(parts > 1);
    }

    /** Checks that a part's bytes are the file's and marks them, each once; returns how many they are. */
    private static int check(String contentRange, byte[] content, ByteBuffer part, BitSet given) {
        assertTrue(contentRange.matches("bytes [0-9]+-[0-9]+/" + content.length), contentRange);
        String[] numbers = contentRange.substring(6).split("[-/]", -1);
        int first = Integer.parseInt(numbers[0]);
        int length = Integer.parseInt(numbers[1]) - first + 1;
        assertEquals(ByteBuffer.wrap(content, first, length), part.slice(part.position(), length));
        assertTrue(given.get(first, first + length).isEmpty(), "a byte is sent twice");
        given.set(first, first + length);
        return length;
    }

    /** Keeps what it gets and asks when it is told to. */
    private static final class Probe implements Flow.Subscriber<ByteBuffer> {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int pieces;
        int largest;
        int ends;
        Throwable failure;
        Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription value) {
            subscription = value;
        }

        @Override
        public void onNext(ByteBuffer piece) {
            pieces++;
            largest = Math.max(largest, piece.remaining());
            bytes.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }

        @Override
        public void onError(Throwable error) {
            failure = error;
            ends++;
        }

        @Override
        public void onComplete() {
            ends++;
        }
    }

    private Probe probe(String range) {
        Probe probe = new Probe();
        get("/a.bin", range).body().publisher().subscribe(probe);
        return probe;
    }

    /** How many descriptors of the file this process holds; -1 where the system does not tell. */
    private int open() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return -1;
        }
        int count = 0;
        List<Path> links;
        try (var entries = Files.list(descriptors)) {
            links = entries.toList();
        }
        for (Path link : links) {
            try {
                count += Files.readSymbolicLink(link).endsWith("a.bin") ? 1 : 0;
            } catch (IOException gone) {
                // the directory's own descriptor
            }
        }
        return count;
    }

    @Test
    void partsAreReadAsTheyAreAskedFor() throws IOException {
        write("a.bin", 500_000);
        Probe probe = probe("bytes=0-199999,300000-499999");
        assertEquals(0, probe.pieces);
        probe.subscription.request(2);
        assertEquals(2, probe.pieces, "a head and a piece");
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals(1, probe.ends);
        assertNull(probe.failure);
        assertEquals(64 << 10, probe.largest);
        assertTrue(open() <= 0);
    }

    @Test
    void cancellingClosesTheFile() throws IOException {
        write("a.bin", 500_000);
        Probe probe = probe("bytes=0-199999,300000-499999");
        probe.subscription.request(2);
        assertNotEquals(0, open());
        probe.subscription.cancel();
        assertTrue(open() <= 0);
        probe.subscription.request(1);
        assertEquals(2, probe.pieces);
        assertEquals(0, probe.ends);
    }

    @Test
    void anAbandonedBodyOpensNothing() throws IOException {
        write("a.bin", 500_000);
        get("/a.bin", "bytes=0-1,300000-499999").body().abandon();
        assertTrue(open() <= 0);
    }

    @Test
    void badDemandIsAnErrorAndClosesTheFile() throws IOException {
        write("a.bin", 500_000);
        Probe probe = probe("bytes=0-199999,300000-499999");
        probe.subscription.request(2);
        probe.subscription.request(0);
        assertInstanceOf(IllegalArgumentException.class, probe.failure);
        assertTrue(open() <= 0);
    }

    @Test
    void aFileThatGoesOrShrinksIsAnErrorAndNotShorterContent() throws IOException {
        write("a.bin", 500_000);
        Probe shrunk = probe("bytes=0-199999,300000-499999");
        shrunk.subscription.request(1);
        Files.write(root.resolve("a.bin"), new byte[10]);
        shrunk.subscription.request(Long.MAX_VALUE);
        assertInstanceOf(EOFException.class, shrunk.failure);
        assertEquals(1, shrunk.ends);
        assertTrue(open() <= 0);

        write("a.bin", 500_000);
        Probe gone = probe("bytes=0-1,300000-499999");
        Files.delete(root.resolve("a.bin"));
        gone.subscription.request(Long.MAX_VALUE);
        assertInstanceOf(IOException.class, gone.failure);
        assertFalse(gone.failure instanceof EOFException);
    }
}
