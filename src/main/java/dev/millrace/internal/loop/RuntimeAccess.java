package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.util.Objects;
import java.util.function.Function;

/**
 * The way from the public {@code NetRuntime} to its loops: servers and clients need them, users must not see them. The
 * runtime's class puts the way here when it is loaded.
 */
public final class RuntimeAccess {
    private static volatile @Nullable Function<Object, LoopGroup> access;

    private RuntimeAccess() {}

    /** Sets the way; for the runtime's class. */
    public static void set(Function<Object, LoopGroup> way) {
        access = way;
    }

    /** {@return the loops of a runtime} */
    public static LoopGroup loops(Object runtime) {
        return Objects.requireNonNull(access, "no runtime exists").apply(runtime);
    }
}
