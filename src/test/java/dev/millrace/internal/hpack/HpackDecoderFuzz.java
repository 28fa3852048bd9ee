package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.testkit.Cuts;
import java.util.ArrayList;
import java.util.List;

/**
 * Fuzz target: {@link HpackDecoder} gives the fields of a block or refuses it, whatever the memory that it shares has seen
 * before; and fields that it gave come out again when {@link HpackEncoder} has encoded them. The first byte of an input says
 * how many bytes a block has, the second how large the table may be.
 */
public final class HpackDecoderFuzz {
    private static final int LONGEST_STRING = 1 << 16;
    private static final int TABLE_STEP = 64;

    private HpackDecoderFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] bytes = Cuts.rest(input, 2);
        int tableSize = TABLE_STEP * (input[1] & 0xff);
        int[] cuts = Cuts.every(Cuts.step(input), bytes.length);
        HpackDecoder fresh = new HpackDecoder(tableSize, LONGEST_STRING);
        BlockReader shared = new BlockReader();
        HpackDecoder warm = new HpackDecoder(tableSize, LONGEST_STRING, shared);
        HpackDecoder before = new HpackDecoder(tableSize, LONGEST_STRING, shared);
        HpackEncoder encoder = new HpackEncoder(tableSize);
        HpackDecoder again = new HpackDecoder(4096, LONGEST_STRING);
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : bytes.length;
            List<String> fields = fields(fresh, bytes, from, to);
            same(fields, fields(before, bytes, from, to));
            same(fields, fields(warm, bytes, from, to));
            if (fields == null) {
                return; // no decoder may be used after that
            }
            same(lower(fields), roundTrip(encoder, again, fields));
            from = to;
        }
    }

    /** Names and values in turn, or {@code null} if the block is refused. */
    private static List<String> fields(HpackDecoder decoder, byte[] bytes, int from, int to) {
        List<String> fields = new ArrayList<>();
        try {
            decoder.decode(bytes, from, to, field -> {
                fields.add(field.name());
                fields.add(field.value());
                if (field.size() != 32 + field.name().length() + field.value().length()) {
                    throw new AssertionError(field.name() + " counts " + field.size());
                }
            });
        } catch (HpackException e) {
            return null;
        }
        return fields;
    }

    private static List<String> roundTrip(HpackEncoder encoder, HpackDecoder decoder, List<String> fields) {
        ByteAccumulator block = new ByteAccumulator(16);
        encoder.begin(block);
        for (int i = 0; i < fields.size(); i += 2) {
            encoder.encode(block, fields.get(i), fields.get(i + 1));
        }
        return fields(decoder, block.array(), 0, block.length());
    }

    /** Names leave an encoder in lower case; only ASCII has cases. */
    private static List<String> lower(List<String> fields) {
        List<String> lower = new ArrayList<>(fields);
        for (int i = 0; i < lower.size(); i += 2) {
            char[] name = lower.get(i).toCharArray();
            for (int k = 0; k < name.length; k++) {
                name[k] = name[k] < 0x80 ? (char) Ascii.lower(name[k]) : name[k];
            }
            lower.set(i, new String(name));
        }
        return lower;
    }

    private static void same(List<String> expected, List<String> found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            throw new AssertionError(expected + " and " + found);
        }
    }
}
