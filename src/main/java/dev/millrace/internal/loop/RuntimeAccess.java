package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.util.Objects;

/**
 * The way from the public {@code NetRuntime} to its loops: servers and clients need them, users must not see them. The
 * runtime's class puts the way here when it is loaded.
 */
public final class RuntimeAccess {
    /** Gets at a runtime's loops. */
    public interface Way {
        /** {@return the loops of a runtime} */
        LoopGroup loops(Object runtime);
    }

    private static volatile @Nullable Way way;

    private RuntimeAccess() {}

    /** Sets the way; for the runtime's class. */
    public static void set(Way newWay) {
        way = newWay;
    }

    /** {@return the loops of a runtime} */
    public static LoopGroup loops(Object runtime) {
        return Objects.requireNonNull(way, "no runtime exists").loops(runtime);
    }
}
