package dev.millrace.internal.h2;

import dev.millrace.internal.exchange.TrailerNames;
import dev.millrace.internal.hpack.HeaderField;

/** Reads a trailer section (RFC 9113 §8.1): no pseudo-header fields, and of others only those that still mean something. */
final class TrailerReader extends SectionReader {
    TrailerReader(int maxBytes, int maxFields) {
        super(maxBytes, maxFields);
    }

    @Override
    void meet(HeaderField field) {
        switch (field.kind()) {
            case METHOD, SCHEME, AUTHORITY, PATH, PROTOCOL, STATUS, UNKNOWN_PSEUDO ->
                fault("a trailer section has a pseudo-header field");
            case MALFORMED, TOO_LONG -> fault("a trailer's name or value has a character that it may not have");
            case CONNECTION_SPECIFIC -> fault("a trailer is for one connection of HTTP/1.1");
            case HOST, CONTENT_LENGTH, COOKIE, EXPECT, PRIORITY, TE, REGULAR -> {
                if (TrailerNames.allowed(field.name())) {
                    keep(field.name(), field.value());
                }
            }
        }
    }
}
