package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conditional requests, in the order of RFC 9110 §13.2.2. In the rows TAG stands for the file's entity tag. */
class ConditionsTest {
    private static final String EXACT = "Sun, 06 Nov 1994 08:49:37 GMT";

    @TempDir
    private Path root;

    private FileHandler files;
    private String tag;

    @BeforeEach
    void makeFile() throws IOException {
        Files.writeString(root.resolve("a.txt"), "0123456789");
        Files.setLastModifiedTime(
                root.resolve("a.txt"), FileTime.from(Instant.ofEpochSecond(784_111_777, 500_000_000)));
        files = FileHandler.of(root);
        tag = answer(Method.GET, "").headers().get("ETag");
    }

    /** Fields are written {@code Name: value ; Name: value}. */
    private Response answer(Method method, String fields) {
        Request.Builder request = Request.builder(method, "/a.txt");
        for (String field : fields.split(";", -1)) {
            int colon = field.indexOf(':');
            if (colon > 0) {
                String value = field.substring(colon + 1)
                        .replace("TAG", String.valueOf(tag))
                        .replace("BEFORE", "Sun, 06 Nov 1994 08:49:36 GMT")
                        .replace("EXACT", EXACT)
                        .replace("AFTER", "Sun, 06 Nov 1994 08:49:38 GMT");
                request.header(field.substring(0, colon).trim(), value);
            }
        }
        return files.handle(request.build()).toCompletableFuture().join();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "If-Match: TAG|200",
                "If-Match: *|200",
                "If-Match: \"x\"|412",
                "If-Match: \"x\", TAG|200",
                "If-Match: \"x\" ; If-Match: TAG|200",
                "If-Match: W/TAG|412",
                "If-Match: x|412",
                "If-Match: \"a,b\", TAG|200",
                "If-Unmodified-Since: BEFORE|412",
                "If-Unmodified-Since: EXACT|200",
                "If-Unmodified-Since: AFTER|200",
                "If-Unmodified-Since: never|200",
                "If-Match: TAG ; If-Unmodified-Since: BEFORE|200",
                "If-Match: \"x\" ; If-Unmodified-Since: AFTER|412",
                "If-None-Match: TAG|304",
                "If-None-Match: W/TAG|304",
                "If-None-Match: *|304",
                "If-None-Match: \"x\"|200",
                "If-None-Match: \"x\", W/\"y\",TAG|304",
                "If-Modified-Since: BEFORE|200",
                "If-Modified-Since: EXACT|304",
                "If-Modified-Since: AFTER|304",
                "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT|304",
                "If-Modified-Since: Sun Nov  6 08:49:37 1994|304",
                "If-Modified-Since: soon|200",
                "If-Modified-Since: EXACT ; If-Modified-Since: EXACT|200",
                "If-None-Match: \"x\" ; If-Modified-Since: AFTER|200",
                "If-None-Match: TAG ; If-Modified-Since: BEFORE|304",
                "If-Match: \"x\" ; If-None-Match: TAG|412",
                "If-Unmodified-Since: BEFORE ; If-None-Match: TAG|412",
                "If-Match: TAG ; If-None-Match: TAG|304",
                "Range: bytes=1-2|206",
                "Range: bytes=1-2 ; If-None-Match: TAG|304",
                "Range: bytes=1-2 ; If-Match: \"x\"|412",
                "Range: bytes=50- ; If-None-Match: TAG|304",
                "Range: bytes=1-2 ; If-Range: TAG|206",
                "Range: bytes=1-2 ; If-Range: W/TAG|200",
                "Range: bytes=1-2 ; If-Range: \"x\"|200",
                "Range: bytes=1-2 ; If-Range: EXACT|206",
                "Range: bytes=1-2 ; If-Range: BEFORE|200",
                "Range: bytes=1-2 ; If-Range: AFTER|200",
                "Range: bytes=1-2 ; If-Range: x|200",
                "Range: bytes=50- |416",
                "Range: bytes=50- ; If-Range: \"x\"|200",
                "If-Range: \"x\"|200",
            })
    void conditionsAreEvaluatedInOrder(String fields, int status) {
        assertEquals(status, answer(Method.GET, fields).status().code());
        boolean partial = status == 206 || status == 416;
        assertEquals(
                partial ? 200 : status, answer(Method.HEAD, fields).status().code(), "Range is for GET only");
    }

    @Test
    void notModifiedCarriesTheTagAndNoContent() {
        Response response = answer(Method.GET, "If-None-Match: TAG");
        assertEquals(tag, response.headers().get("ETag"));
        assertEquals(0, response.body().length());
        assertNull(response.headers().get("Content-Type"));
    }
}
