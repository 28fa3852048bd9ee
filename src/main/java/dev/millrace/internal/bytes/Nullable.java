package dev.millrace.internal.bytes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type whose values may be {@code null}: a field, a parameter, a result, an element of an array or a type
 * argument.
 *
 * <p>In all packages of {@code dev.millrace} a reference without this annotation is never {@code null}, and the build
 * checks it. The check knows the annotation by its simple name, so the project needs no library of annotations. It is
 * kept in class files, where the check finds it when classes are compiled one by one, and is not there at run time.
 *
 * <p>As a type annotation it stands right before the simple name of the type: {@code Map.@Nullable Entry} for a nested
 * type, {@code byte @Nullable []} for an array that may be missing. It is not {@code @Documented}, because exported
 * packages use it and this one is not exported: what may be {@code null} there is also said in words.
 */
@Target(ElementType.TYPE_USE)
@Retention(RetentionPolicy.CLASS)
public @interface Nullable {}
