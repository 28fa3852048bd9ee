package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileHandlerTest {
    private static final String SECRET = "outside of the root";
    private static final Instant MODIFIED = Instant.ofEpochSecond(784_111_777, 123_456_789);

    @TempDir
    private Path temp;

    private Path root;
    private FileHandler files;

    @BeforeEach
    void makeTree() throws IOException {
        root = Files.createDirectory(temp.resolve("root"));
        Files.writeString(temp.resolve("secret.txt"), SECRET);
        Files.writeString(Files.createDirectory(temp.resolve("root2")).resolve("secret.txt"), SECRET);
        Files.writeString(root.resolve("a.txt"), "0123456789");
        Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.from(MODIFIED));
        Files.createFile(root.resolve("empty"));
        Files.writeString(Files.createDirectories(root.resolve("site")).resolve("index.html"), "<p>hello");
        Files.writeString(Files.createDirectories(root.resolve("dir/sub")).resolve("deep.css"), "b{}");
        Files.writeString(Files.createDirectories(root.resolve(".git")).resolve("config"), "hidden");
        files = FileHandler.of(root);
    }

    private Response answer(Method method, String target, String... namesAndValues) {
        return answer(files, method, target, namesAndValues);
    }

    private static Response answer(FileHandler files, Method method, String target, String... namesAndValues) {
        Request.Builder request = Request.builder(method, target);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            request.header(namesAndValues[i], namesAndValues[i + 1]);
        }
        return files.handle(request.build()).toCompletableFuture().join();
    }

    private Response get(String target, String... namesAndValues) {
        return answer(Method.GET, target, namesAndValues);
    }

    private static String text(Response response) throws IOException {
        return response.body().string(1 << 20);
    }

    @Test
    void aFileComesWithWhatIsKnownOfIt() throws IOException {
        Response response = get("/a.txt");
        assertEquals(Status.OK, response.status());
        assertEquals("0123456789", text(response));
        assertEquals("text/plain; charset=utf-8", response.headers().get("Content-Type"));
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", response.headers().get("Last-Modified"));
        assertEquals("bytes", response.headers().get("Accept-Ranges"));
        assertEquals(1, response.headers().all("ETag").size());
        assertTrue(response.headers().get("ETag").matches("\"[!#-~]+\""));
        assertNull(response.headers().get("Cache-Control"));
        assertInstanceOf(Body.FileRegion.class, response.body().source(), "sent by the operating system");
    }

    @Test
    void headSaysWhatGetWould() {
        assertEquals(get("/a.txt").headers(), answer(Method.HEAD, "/a.txt").headers());
        assertEquals(10, answer(Method.HEAD, "/a.txt").body().length());
    }

    @Test
    void theTagChangesWithSizeAndWithEveryNanosecond() throws IOException {
        String tag = get("/a.txt").headers().get("ETag");
        assertEquals(tag, get("/a.txt").headers().get("ETag"));
        Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.from(MODIFIED.plusNanos(1)));
        String later = get("/a.txt").headers().get("ETag");
        assertNotEquals(tag, later);
        Files.writeString(root.resolve("a.txt"), "0123456789x");
        Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.from(MODIFIED));
        assertNotEquals(tag, get("/a.txt").headers().get("ETag"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x.html|text/html; charset=utf-8",
                "X.HTM|text/html; charset=utf-8",
                "x.min.js|text/javascript; charset=utf-8",
                "x.mjs|text/javascript; charset=utf-8",
                "x.json|application/json",
                "x.svg|image/svg+xml",
                "x.wasm|application/wasm",
                "x.tar.gz|application/gzip",
                "x.woff2|font/woff2",
                "x.webp|image/webp",
                "x.unknown|application/octet-stream",
                "x|application/octet-stream",
                "x.|application/octet-stream",
            })
    void typesGoByTheExtension(String name, String type) throws IOException {
        Files.createFile(root.resolve(name));
        assertEquals(type, get("/" + name).headers().get("Content-Type"));
    }

    @Test
    void optionsAreHeeded() throws IOException {
        FileHandler other = FileHandler.builder(root)
                .indexFiles("start.htm", "index.html")
                .mediaType("TXT", "text/x-own")
                .cacheControl("max-age=60")
                .hidden(true)
                .build();
        assertEquals("text/x-own", answer(other, Method.GET, "/a.txt").headers().get("Content-Type"));
        assertEquals("max-age=60", answer(other, Method.GET, "/a.txt").headers().get("Cache-Control"));
        assertEquals("<p>hello", text(answer(other, Method.GET, "/site/")));
        Files.writeString(root.resolve("site/start.htm"), "first");
        assertEquals("first", text(answer(other, Method.GET, "/site/")));
        assertEquals("hidden", text(answer(other, Method.GET, "/.git/config")));
        FileHandler none = FileHandler.builder(root).indexFiles().build();
        assertEquals(Status.NOT_FOUND, answer(none, Method.GET, "/site/").status());
    }

    @Test
    void badOptionsAreRefused() {
        FileHandler.Builder builder = FileHandler.builder(root);
        assertThrows(IllegalArgumentException.class, () -> builder.indexFiles("../secret.txt"));
        assertThrows(IllegalArgumentException.class, () -> builder.indexFiles(""));
        assertThrows(IllegalArgumentException.class, () -> builder.cacheControl("a\r\nb: c"));
        assertThrows(IllegalArgumentException.class, () -> builder.mediaType("x", "a\nb"));
        assertThrows(IOException.class, () -> FileHandler.of(root.resolve("missing")));
        assertThrows(IOException.class, () -> FileHandler.of(root.resolve("a.txt")));
    }

    @Test
    void asAHandlerItAnswersTheSame() throws Exception {
        Request request = Request.builder(Method.GET, "/a.txt").build();
        assertEquals("0123456789", text(files.asHandler().handle(request)));
    }

    @Test
    void onlyGetAndHeadAreForFiles() {
        for (Method method : List.of(Method.POST, Method.PUT, Method.DELETE, Method.TRACE, Method.CONNECT)) {
            Response response = answer(method, "/a.txt");
            assertEquals(Status.METHOD_NOT_ALLOWED, response.status());
            assertEquals("GET, HEAD, OPTIONS", response.headers().get("Allow"));
        }
        assertEquals(Status.NO_CONTENT, answer(Method.OPTIONS, "*").status());
        assertEquals(
                "GET, HEAD, OPTIONS", answer(Method.OPTIONS, "/a.txt").headers().get("Allow"));
        assertEquals(Status.NOT_IMPLEMENTED, answer(Method.of("BREW"), "/a.txt").status());
    }

    @Test
    void aDirectoryIsReachedBySlash() throws IOException {
        Response response = get("/site?a=b&c=//d");
        assertEquals(Status.MOVED_PERMANENTLY, response.status());
        assertEquals("/site/?a=b&c=//d", response.headers().get("Location"));
        assertEquals("/dir/sub/", get("/dir/sub").headers().get("Location"));
        assertEquals("<p>hello", text(get("/site/")));
        assertEquals("text/html; charset=utf-8", get("/site/").headers().get("Content-Type"));
        assertEquals(Status.NOT_FOUND, get("/dir/").status());
        assertEquals(Status.NOT_FOUND, get("/").status());
        assertEquals(Status.NOT_FOUND, get("/a.txt/").status());
        assertEquals(Status.NOT_FOUND, get("/a.txt/b").status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"//site", "///site", "/\\site", "/%2fsite", "/%5csite", "/%2e%2e//site", "//evil.example/%2e%2e"
            })
    void noRedirectLeadsToAnotherHost(String target) {
        assertEquals(Status.NOT_FOUND, get(target).status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../secret.txt",
                "/%2e%2e/secret.txt",
                "/dir/../../secret.txt",
                "/..%2fsecret.txt",
                "/..%5csecret.txt",
                "/../root2/secret.txt",
                "/a.txt%00.html",
                "/.git/config",
                "/nothing",
                "/nothing/",
            })
    void whatIsNotServedIsNotFound(String target) throws IOException {
        Response response = get(target);
        assertEquals(Status.NOT_FOUND, response.status());
        assertEquals(text(get("/nothing")), text(response), "the answer tells nothing");
    }

    @Test
    void noNameLeadsOutOfTheRoot() throws IOException {
        String[] pieces = {
            "/",
            "..",
            ".",
            "%2e",
            "%2E%2e",
            "%2f",
            "%5c",
            "\\",
            "secret.txt",
            "root",
            "root2",
            "dir",
            "sub",
            "a.txt",
            "%00",
            "%c0%ae",
            "..;",
            "~",
            "%25",
            "2e",
            temp.toString()
        };
        Random random = new Random(403);
        for (int i = 0; i < 3_000; i++) {
            StringBuilder target = new StringBuilder("/");
            for (int n = random.nextInt(9); n > 0; n--) {
                target.append(pieces[random.nextInt(pieces.length)]);
            }
            Response response = get(target.toString());
            int status = response.status().code();
            assertTrue(status == 200 || status == 301 || status == 400 || status == 404, status + " " + target);
            assertFalse(text(response).contains(SECRET), target.toString());
        }
    }

    @Test
    void linksAreFollowedInsideOnly() throws IOException {
        Files.createSymbolicLink(root.resolve("in.html"), Path.of("a.txt"));
        Files.createSymbolicLink(root.resolve("indir"), Path.of("dir/sub"));
        Files.createSymbolicLink(root.resolve("out.txt"), temp.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("outdir"), Path.of("../root2"));
        Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
        assertEquals("0123456789", text(get("/in.html")));
        assertEquals("text/html; charset=utf-8", get("/in.html").headers().get("Content-Type"));
        assertEquals("b{}", text(get("/indir/deep.css")));
        for (String target : List.of(
                "/out.txt", "/outdir", "/outdir/", "/outdir/secret.txt", "/up/secret.txt", "/loop", "/dangling")) {
            assertEquals(Status.NOT_FOUND, get(target).status(), target);
        }
        Files.createSymbolicLink(root.resolve("dir/index.html"), temp.resolve("secret.txt"));
        assertEquals(Status.NOT_FOUND, get("/dir/").status());
    }

    @Test
    void theRootItselfMayBeALink() throws IOException {
        Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("root"));
        assertEquals("0123456789", text(answer(FileHandler.of(link), Method.GET, "/a.txt")));
    }

    @Test
    void specialFilesAreNotOpened() throws IOException {
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(root.resolve("socket")));
            assertEquals(Status.NOT_FOUND, get("/socket").status());
        }
    }

    @Test
    void aListingShowsWhatIsServedAndNothingElse() throws IOException {
        Path directory = Files.createDirectory(root.resolve("list"));
        Files.createFile(directory.resolve("b & <i>'\"?#%.txt"));
        Files.createFile(directory.resolve("javascript:alert(1)"));
        Files.createFile(directory.resolve(".hidden"));
        Files.createDirectory(directory.resolve("a"));
        Files.createSymbolicLink(directory.resolve("out"), temp.resolve("secret.txt"));
        FileHandler listing = FileHandler.builder(root).listing(true).build();
        String page = text(answer(listing, Method.GET, "/list/"));
        assertTrue(page.contains("<title>/list</title>"), page);
        assertTrue(page.contains("<a href=\"../\">"), page);
        assertTrue(page.contains("<a href=\"a/\">a/</a>"), page);
        String encoded = "b%20%26%20%3Ci%3E%27%22%3F%23%25.txt";
        assertTrue(page.contains("<a href=\"" + encoded + "\">b &amp; &lt;i&gt;&#39;&quot;?#%.txt</a>"), page);
        assertTrue(page.contains("<a href=\"javascript%3Aalert%281%29\">"), page);
        assertFalse(page.contains("hidden") || page.contains("out"), page);
        assertEquals(Status.OK, answer(listing, Method.GET, "/list/" + encoded).status());
        String top = text(answer(listing, Method.GET, "/"));
        assertFalse(top.contains("../") || top.contains(".git") || top.contains("secret"), top);
        assertEquals("<p>hello", text(answer(listing, Method.GET, "/site/")));
    }

    @Test
    void anEmptyFileIsWholeOrNothing() {
        assertEquals(0, get("/empty").body().length());
        assertEquals(Status.OK, get("/empty", "Range", "bytes=-5").status());
        Response response = get("/empty", "Range", "bytes=0-");
        assertEquals(Status.RANGE_NOT_SATISFIABLE, response.status());
        assertEquals("bytes */0", response.headers().get("Content-Range"));
    }

    @Test
    void aTimeBeforeTheEpochIsADate() throws IOException {
        Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.fromMillis(-2_000));
        assertEquals("Wed, 31 Dec 1969 23:59:58 GMT", get("/a.txt").headers().get("Last-Modified"));
    }
}
