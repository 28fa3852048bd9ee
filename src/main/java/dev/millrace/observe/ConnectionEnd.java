package dev.millrace.observe;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;

/**
 * How a connection ended.
 *
 * @param reason why
 * @param phase how far it had come
 * @param detail what makes the reason exact, or {@code null}: the name of the TLS alert, the kind of a flood, the HTTP/2
 *     error code
 * @param cause what the operating system or a failing program said, or {@code null}
 */
public record ConnectionEnd(
        CloseReason reason,
        Phase phase,
        @Nullable String detail,
        @Nullable Throwable cause) {}
