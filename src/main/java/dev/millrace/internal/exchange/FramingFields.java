package dev.millrace.internal.exchange;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Ascii;

/** The fields that are the protocol's own in any version: how a message is framed is not for handlers to say. */
public final class FramingFields {
    private FramingFields() {}

    /**
     * {@return whether a handler's field is left out, because it frames the message or is about the connection}
     *
     * @param name the field's name in any case
     */
    public static boolean contains(String name) {
        return switch (name.length()) {
            case 10 ->
                Ascii.equalsIgnoreCase(name, FieldName.CONNECTION)
                        || Ascii.equalsIgnoreCase(name, FieldName.KEEP_ALIVE);
            case 14 -> Ascii.equalsIgnoreCase(name, FieldName.CONTENT_LENGTH);
            case 17 -> Ascii.equalsIgnoreCase(name, FieldName.TRANSFER_ENCODING);
            default -> false;
        };
    }
}
