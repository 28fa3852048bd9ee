package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.hpack.HeaderField;

/** Reads the header section of a message, as far as requests and responses have it in common (RFC 9113 §8.3, §8.1.1). */
abstract class MessageReader extends SectionReader {
    private long contentLength;

    MessageReader(int maxBytes, int maxFields) {
        super(maxBytes, maxFields);
    }

    @Override
    void begin() {
        super.begin();
        contentLength = -1;
    }

    /** Takes a pseudo-header field: gives its value. */
    final String pseudo(String name, @Nullable String before, String value) {
        if (before != null) {
            fault(name + " is repeated");
        } else if (kept() > 0) {
            fault(name + " comes after a field that is no pseudo-header field");
        }
        return value;
    }

    /** Takes what the length of the content is said to be. */
    final void contentLength(HeaderField field) {
        long length = decimal(field.value());
        if (length < 0) {
            fault("content-length is not a number");
        } else if (contentLength >= 0) {
            fault("content-length is repeated");
        }
        contentLength = length;
        keep(field.name(), field.value());
    }

    /** The number, or -1; what is larger than a long can say is as large as it can say. */
    private static long decimal(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : number * 10 + digit;
        }
        return text.isEmpty() ? -1 : number;
    }

    /** {@return what Content-Length says, or -1} */
    final long contentLength() {
        return contentLength;
    }
}
