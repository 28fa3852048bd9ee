package dev.millrace.internal.h2;

import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.hpack.HeaderField;

/** Reads the header section of a response, final or interim (RFC 9113 §8.3.2). */
final class ResponseReader extends MessageReader {
    private @Nullable String status;

    ResponseReader(int maxBytes, int maxFields) {
        super(maxBytes, maxFields);
    }

    @Override
    void begin() {
        super.begin();
        status = null;
    }

    @Override
    void meet(HeaderField field) {
        switch (field.kind()) {
            case STATUS -> status = pseudo(":status", status, field.value());
            case METHOD, SCHEME, AUTHORITY, PATH, PROTOCOL, UNKNOWN_PSEUDO ->
                fault("a response has no such pseudo-header field");
            case MALFORMED, TOO_LONG -> fault("a field's name or value has a character that it may not have");
            case CONNECTION_SPECIFIC -> fault("a field is for one connection of HTTP/1.1");
            case TE -> fault("te is only for requests");
            case CONTENT_LENGTH -> contentLength(field);
            case HOST, COOKIE, EXPECT, PRIORITY, REGULAR -> keep(field.name(), field.value());
        }
    }

    /** {@return the status, or {@code null} if the section breaks a rule: {@link #fault()}} */
    @Nullable
    Status finish() {
        String code = status;
        if (code == null) {
            fault(":status is missing");
        } else if (code.length() != 3 || code.charAt(0) < '1' || code.charAt(0) > '5' || !digits(code)) {
            fault(":status is not a status");
        } else if (code.equals("101")) {
            fault("there is no 101 in HTTP/2 (RFC 9113 §8.6)");
        }
        return fault() != null || code == null ? null : Status.of(Integer.parseInt(code));
    }

    private static boolean digits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
