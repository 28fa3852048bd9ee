package dev.millrace.http;

import dev.millrace.internal.bytes.Ascii;
import java.util.Map;

/**
 * A request method (RFC 9110 §9): a case-sensitive token. The registered ones of RFC 9110 and RFC 5789 are constants,
 * and {@link #of(String)} always gives the constant for them, so they may be compared with {@code ==}.
 *
 * <p>Immutable and safe for any thread.
 */
public final class Method {
    /** RFC 9110 §9.3.1. */
    public static final Method GET = new Method("GET", true, true);
    /** RFC 9110 §9.3.2. */
    public static final Method HEAD = new Method("HEAD", true, true);
    /** RFC 9110 §9.3.3. */
    public static final Method POST = new Method("POST", false, false);
    /** RFC 9110 §9.3.4. */
    public static final Method PUT = new Method("PUT", false, true);
    /** RFC 9110 §9.3.5. */
    public static final Method DELETE = new Method("DELETE", false, true);
    /** RFC 9110 §9.3.6. */
    public static final Method CONNECT = new Method("CONNECT", false, false);
    /** RFC 9110 §9.3.7. */
    public static final Method OPTIONS = new Method("OPTIONS", true, true);
    /** RFC 9110 §9.3.8. */
    public static final Method TRACE = new Method("TRACE", true, true);
    /** RFC 5789. */
    public static final Method PATCH = new Method("PATCH", false, false);

    private static final Map<String, Method> KNOWN = Map.ofEntries(
            Map.entry("GET", GET),
            Map.entry("HEAD", HEAD),
            Map.entry("POST", POST),
            Map.entry("PUT", PUT),
            Map.entry("DELETE", DELETE),
            Map.entry("CONNECT", CONNECT),
            Map.entry("OPTIONS", OPTIONS),
            Map.entry("TRACE", TRACE),
            Map.entry("PATCH", PATCH));

    private final String name;
    private final boolean safe;
    private final boolean idempotent;

    private Method(String name, boolean safe, boolean idempotent) {
        this.name = name;
        this.safe = safe;
        this.idempotent = idempotent;
    }

    /**
     * The method of that name; an unregistered one counts as neither safe nor idempotent.
     *
     * @param name a token, case-sensitive
     * @return the constant for a registered name, else a new value
     * @throws IllegalArgumentException if {@code name} is not a token (RFC 9110 §5.6.2)
     */
    public static Method of(String name) {
        Method known = KNOWN.get(name);
        if (known != null) {
            return known;
        }
        if (!Ascii.isToken(name)) {
            throw new IllegalArgumentException("not a method (RFC 9110 §9.1 wants a token): " + Ascii.printable(name));
        }
        return new Method(name, false, false);
    }

    /** {@return the method's name as it stands in the request} */
    public String name() {
        return name;
    }

    /** {@return whether this is one of the constants of this class} */
    public boolean registered() {
        return KNOWN.containsKey(name);
    }

    /** {@return whether the method asks for no change of state (RFC 9110 §9.2.1)} */
    public boolean safe() {
        return safe;
    }

    /** {@return whether repeating the request has the effect of sending it once (RFC 9110 §9.2.2)} */
    public boolean idempotent() {
        return idempotent;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof Method m && m.name.equals(name));
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
