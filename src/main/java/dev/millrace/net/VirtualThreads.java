package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Finds virtual threads where the JDK has them (21 and later): the library is compiled for 17. */
final class VirtualThreads {
    private VirtualThreads() {}

    /** {@return an executor that runs each task on a virtual thread of its own, or {@code null} before JDK 21} */
    static @Nullable ExecutorService executor() {
        try {
            return (ExecutorService) MethodHandles.publicLookup()
                    .findStatic(
                            Executors.class,
                            "newVirtualThreadPerTaskExecutor",
                            MethodType.methodType(ExecutorService.class))
                    .invoke();
        } catch (NoSuchMethodException olderJdk) {
            return null;
        } catch (Throwable e) {
            throw new IllegalStateException("virtual threads exist but cannot be used", e);
        }
    }
}
