package dev.millrace.internal.hpack;

/**
 * A name with a value, as a field block gave them (RFC 7541 §1.3). A field that comes from a table is the same object
 * each time. Immutable.
 */
public final class HeaderField {
    /** What each entry of a table counts on top of its bytes (RFC 7541 §4.1). */
    static final int OVERHEAD = 32;

    private final String name;
    private final String value;
    private final FieldKind kind;
    private final FieldKind nameKind;
    private final boolean secret;
    private final boolean neverIndexed;
    private final int size;

    /**
     * A field.
     *
     * @param nameKind what a field of that name is
     * @param kind the same, or what is wrong with the value
     * @param secret whether no value of that name may be remembered beyond its connection
     * @param size what it counts in a table
     */
    HeaderField(
            String name,
            String value,
            FieldKind nameKind,
            FieldKind kind,
            boolean secret,
            boolean neverIndexed,
            int size) {
        this.name = name;
        this.value = value;
        this.nameKind = nameKind;
        this.kind = kind;
        this.secret = secret;
        this.neverIndexed = neverIndexed;
        this.size = size;
    }

    /** A field of the static table: nothing is wrong with it. */
    static HeaderField of(String name, String value) {
        FieldKind kind = FieldKind.named(name);
        boolean secret = Indexing.of(name).secret();
        return new HeaderField(name, value, kind, kind, secret, false, OVERHEAD + name.length() + value.length());
    }

    /** {@return the name, each byte a character; the same object for a name that is known or comes from a table} */
    public String name() {
        return name;
    }

    /** {@return the value, each byte a character} */
    public String value() {
        return value;
    }

    /** {@return the bytes of name and value and 32: what it counts in a table and in a list (RFC 9113 §6.5.2)} */
    public int size() {
        return size;
    }

    /** {@return whether it must be passed on as it came, in no table (RFC 7541 §7.1.3)} */
    public boolean neverIndexed() {
        return neverIndexed;
    }

    /** {@return what it means to HTTP/2} */
    public FieldKind kind() {
        return kind;
    }

    /** Whether no value of this name may be remembered beyond its connection. */
    boolean secret() {
        return secret;
    }

    /** What another field of this name is. */
    FieldKind nameKind() {
        return nameKind;
    }
}
