package dev.millrace.internal.tls;

import java.io.IOException;

/** Fuzz target: {@link DerReader} reads any bytes to their end or refuses them with an {@link IOException}. */
public final class DerFuzz {
    private static final int CONSTRUCTED = 0x20;

    private DerFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            read(new DerReader(input), new DerReader(input));
        } catch (IOException e) {
            return;
        }
    }

    /** Reads all that two readers of the same bytes have before them: one its elements, the other what is in them. */
    private static void read(DerReader outer, DerReader inner) throws IOException {
        while (!outer.atEnd()) {
            byte[] element = outer.element();
            int tag = element[0] & 0xff;
            if (!inner.next(tag)) {
                throw new AssertionError("the next element is another one");
            }
            if (tag == DerWriter.INTEGER && element.length < 6) {
                integer(new DerReader(element));
            } else if (tag == DerWriter.OBJECT_IDENTIFIER) {
                new DerReader(element).oid();
            }
            if ((tag & CONSTRUCTED) != 0) {
                DerReader within = inner.enter(tag);
                read(within, new DerReader(new DerReader(element).content(tag)));
            } else if (inner.content(tag).length >= element.length) {
                throw new AssertionError("the content is as long as its element");
            }
        }
        if (!inner.atEnd()) {
            throw new AssertionError("one reader is at the end, the other is not");
        }
    }

    private static void integer(DerReader reader) throws IOException {
        if (reader.smallInteger() < 0) {
            throw new AssertionError("a negative number");
        }
    }
}
