package dev.millrace.internal.hpack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random lists through an encoder and a decoder, while the limits of both tables change at random. */
class RoundTripTest {
    private static final List<String> NAMES = new ArrayList<>(FieldName.all());

    static {
        for (int i = 0; i < 30; i++) {
            NAMES.add((i % 2 == 0 ? "X-Unknown-" : "x-unknown-") + i / 2);
        }
        NAMES.addAll(List.of(":method", ":path", ":status", ":authority", ":scheme", ":protocol"));
    }

    @Test
    void whatGoesInComesOut() throws HpackException {
        long start = new Random().nextLong();
        for (long seed = start; seed < start + 300; seed++) {
            try {
                connection(new Random(seed));
            } catch (HpackException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void connection(Random random) throws HpackException {
        int most = random.nextInt(4) == 0 ? random.nextInt(10_000) : 4096;
        HpackEncoder encoder = new HpackEncoder(most);
        HpackDecoder decoder = new HpackDecoder(4096, 1 << 20);
        ByteAccumulator block = new ByteAccumulator(random.nextInt(100));
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            values.add(value(random));
        }
        values.addAll(List.of("GET", "/", "200", "404", "https"));
        for (int blocks = 0; blocks < 60; blocks++) {
            for (int changes = random.nextInt(12) - 9; changes > 0; changes--) {
                int size = random.nextInt(3) == 0 ? 0 : random.nextInt(6000);
                decoder.tableSizeLimit(size);
                encoder.peerTableSize(size);
            }
            block.clear();
            long before = encoder.revision();
            encoder.begin(block);
            List<String> expected = new ArrayList<>();
            for (int fields = random.nextInt(30); fields > 0; fields--) {
                String name = NAMES.get(random.nextInt(NAMES.size()));
                // another object of the same characters now and then
                String value = random.nextInt(20) == 0 ? value(random) : values.get(random.nextInt(values.size()));
                if (random.nextInt(3) == 0) {
                    value = new String(value.toCharArray());
                }
                if (random.nextInt(20) == 0) {
                    encoder.encodeNeverIndexed(block, name, value);
                } else {
                    encoder.encode(block, name, value);
                }
                expected.add(name.toLowerCase(Locale.ROOT));
                expected.add(value);
            }
            assertEquals(expected, decode(decoder, block));
            assertEquals(decoder.table().length(), encoder.table().length());
            assertEquals(decoder.table().size(), encoder.table().size());
            assertEquals(decoder.table().maxSize(), encoder.table().maxSize());
            if (before == encoder.revision()) {
                assertEquals(expected, decode(decoder, block), "the same bytes mean the same fields");
            }
        }
    }

    private static String value(Random random) {
        StringBuilder value = new StringBuilder();
        int length = random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(40);
        boolean text = random.nextInt(3) > 0;
        for (int i = 0; i < length; i++) {
            value.append((char) (text ? 'a' + random.nextInt(26) : random.nextInt(256)));
        }
        return value.toString();
    }

    private static List<String> decode(HpackDecoder decoder, ByteAccumulator block) throws HpackException {
        List<String> fields = new ArrayList<>();
        decoder.decode(block.array(), 0, block.length(), field -> {
            fields.add(field.name());
            fields.add(field.value());
            assertEquals(32 + field.name().length() + field.value().length(), field.size());
        });
        return fields;
    }
}
