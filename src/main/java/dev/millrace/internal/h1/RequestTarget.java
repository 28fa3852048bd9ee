package dev.millrace.internal.h1;

import dev.millrace.internal.bytes.Nullable;

/**
 * A request target in one of the four forms of RFC 9112 §3.2.
 *
 * @param text as it was sent
 * @param path the path without query; "/" for an absolute form without path, "*" for the asterisk form, "" for the
 *     authority form
 * @param query what follows the first "?", or {@code null}
 * @param scheme of the absolute form in lower case, or {@code null}
 * @param authority of the absolute and the authority form, or {@code null}
 */
record RequestTarget(
        String text,
        String path,
        @Nullable String query,
        @Nullable String scheme,
        @Nullable String authority) {}
