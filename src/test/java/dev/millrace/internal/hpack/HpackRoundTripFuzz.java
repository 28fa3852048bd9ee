package dev.millrace.internal.hpack;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Fuzz target: the fields that go into an encoder come out of a decoder, while both change their tables. An input is a
 * program, a byte for each step: below 8 the table's size changes, below 16 the block ends, above comes a field, the next
 * byte saying its value.
 */
public final class HpackRoundTripFuzz {
    private static final List<String> NAMES = new ArrayList<>(FieldName.all());

    static {
        NAMES.addAll(List.of("x-one", "X-One", "x-two", ":method", ":path", ":status", ":authority", ":scheme"));
    }

    private static final int SIZE_CHANGE = 8;
    private static final int BLOCK_END = 16;
    private static final int SIZE_STEP = 40;

    private final HpackEncoder encoder = new HpackEncoder(4096);
    private final HpackDecoder decoder = new HpackDecoder(4096, 1 << 16);
    private final ByteAccumulator block = new ByteAccumulator(16);
    private final List<String> expected = new ArrayList<>();
    private final byte[] program;
    private int at;

    private HpackRoundTripFuzz(byte[] program) {
        this.program = program;
    }

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        new HpackRoundTripFuzz(input).run();
    }

    private int next() {
        return at < program.length ? program[at++] & 0xff : 0;
    }

    private void run() {
        encoder.begin(block);
        while (at < program.length) {
            int step = next();
            if (step < SIZE_CHANGE) {
                endBlock();
                int size = SIZE_STEP * next();
                decoder.tableSizeLimit(size);
                encoder.peerTableSize(size);
                encoder.begin(block);
            } else if (step < BLOCK_END) {
                endBlock();
                encoder.begin(block);
            } else {
                field(NAMES.get(step % NAMES.size()), value(next()), step % 7 == 0);
            }
        }
        endBlock();
    }

    private void field(String name, String value, boolean secret) {
        if (secret) {
            encoder.encodeNeverIndexed(block, name, value);
        } else {
            encoder.encode(block, name, value);
        }
        expected.add(name.toLowerCase(Locale.ROOT));
        expected.add(value);
    }

    /** Some values repeat, some are bytes of the program. */
    private String value(int kind) {
        if (kind < 32) {
            return "v".repeat(kind);
        }
        if (kind < 64) {
            return "value-" + kind;
        }
        int length = Math.min(kind - 64, program.length - at);
        String value = new String(program, at, length, StandardCharsets.ISO_8859_1);
        at += length;
        return value;
    }

    private void endBlock() {
        List<String> found = new ArrayList<>();
        try {
            decoder.decode(block.array(), 0, block.length(), field -> {
                found.add(field.name());
                found.add(field.value());
            });
        } catch (HpackException e) {
            throw new AssertionError("a block of ours is refused", e);
        }
        if (!found.equals(expected) || decoder.table().size() != encoder.table().size()) {
            throw new AssertionError(expected + " and " + found);
        }
        block.clear();
        expected.clear();
    }
}
