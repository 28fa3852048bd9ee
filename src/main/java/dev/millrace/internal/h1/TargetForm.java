package dev.millrace.internal.h1;

/** In which form a client sends its targets (RFC 9112 §3.2). */
public enum TargetForm {
    /** To the origin, or through a tunnel to it: the path. */
    ORIGIN,
    /** To a proxy that is to forward the request: the whole URI. */
    ABSOLUTE
}
