package dev.millrace.internal.bytes;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type whose value may be {@code null}. Everything in Millrace that does not carry it is never {@code null};
 * the build checks this. Our own annotation, because the library has no dependency, not even on annotations.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE_USE)
public @interface Nullable {}
