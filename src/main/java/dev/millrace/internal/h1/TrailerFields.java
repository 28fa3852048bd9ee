package dev.millrace.internal.h1;

import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;

/** The trailer section of a chunked body (RFC 9112 §7.1.2): checked like a header section, without what it may not hold. */
final class TrailerFields extends FieldLines {
    TrailerFields(ByteScanner scanner, int maxBytes, int maxFields) {
        super(scanner, maxBytes, maxFields);
    }

    @Override
    boolean keeps(KnownField field) {
        return field.allowedInTrailers();
    }

    @Override
    @Nullable
    Violation meet(KnownField.Role role, byte[] b, int from, int to, String value) {
        return null;
    }
}
