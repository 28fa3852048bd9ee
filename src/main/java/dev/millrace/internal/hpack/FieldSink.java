package dev.millrace.internal.hpack;

/** Takes the fields of a block, in their order. */
@FunctionalInterface
public interface FieldSink {
    /** Takes one field. */
    void field(HeaderField field);
}
