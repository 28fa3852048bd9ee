package dev.millrace.internal.hpack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.ByteAccumulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/**
 * The stories of http2jp/hpack-test-case, which are not part of this project: what the encoders of others wrote is
 * decoded, and real header lists are encoded and decoded again. They are looked for in the directory that the system
 * property {@code millrace.hpack.stories} or the environment variable {@code MILLRACE_HPACK_STORIES} names, or else in
 * {@code ../shared/hpack-test-case}; where there are none, the test is skipped and says so.
 */
class StoriesTest {
    private static final int MOST = 64 << 10;

    private static Path directory() {
        String named = System.getProperty("millrace.hpack.stories", System.getenv("MILLRACE_HPACK_STORIES"));
        Path directory = Path.of(named == null ? "../shared/hpack-test-case" : named);
        if (!Files.isDirectory(directory)) {
            String skipped =
                    "SKIPPED: no HPACK stories in " + directory.toAbsolutePath().normalize()
                            + "; set MILLRACE_HPACK_STORIES to a checkout of http2jp/hpack-test-case";
            System.out.println(skipped);
            throw new TestAbortedException(skipped);
        }
        return directory;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> stories = files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
            assertFalse(stories.isEmpty(), "no story in " + directory);
            return stories;
        }
    }

    @Test
    void whatOthersEncodedIsDecoded() throws Exception {
        for (Path file : files(directory())) {
            if (!file.getParent().endsWith("raw-data")) {
                HpackDecoder decoder = new HpackDecoder(4096, MOST);
                int number = 0;
                for (Story.Case one : Story.read(file).cases()) {
                    byte[] block = HexFormat.of().parseHex(one.wire());
                    assertTrue(block.length > 0, file + " has no blocks");
                    if (one.tableSize() >= 0) {
                        decoder.tableSizeLimit(one.tableSize());
                    }
                    assertEquals(one.fields(), decode(decoder, block, block.length), file + ", case " + number++);
                }
            }
        }
    }

    @Test
    void whatIsEncodedIsDecodedAgain() throws Exception {
        for (Path file : files(directory().resolve("raw-data"))) {
            HpackEncoder encoder = new HpackEncoder(4096);
            HpackDecoder decoder = new HpackDecoder(4096, MOST);
            ByteAccumulator block = new ByteAccumulator(16);
            int number = 0;
            for (Story.Case one : Story.read(file).cases()) {
                block.clear();
                encoder.begin(block);
                for (int i = 0; i < one.fields().size(); i += 2) {
                    encoder.encode(block, one.fields().get(i), one.fields().get(i + 1));
                }
                List<String> fields = decode(decoder, block.array(), block.length());
                assertEquals(one.fields(), fields, file + ", case " + number++);
            }
        }
    }

    private static List<String> decode(HpackDecoder decoder, byte[] block, int length) throws HpackException {
        List<String> fields = new ArrayList<>();
        decoder.decode(block, 0, length, field -> {
            fields.add(field.name());
            fields.add(field.value());
        });
        return fields;
    }
}
