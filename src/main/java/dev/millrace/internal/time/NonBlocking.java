package dev.millrace.internal.time;

/**
 * Marks a {@link Thread} that must not wait: an event loop's. Methods that wait refuse to do so on
 * it with an {@link IllegalStateException}, where otherwise the loop would wait for itself for ever.
 */
public interface NonBlocking {
    /** {@return whether the current thread must not wait} */
    static boolean current() {
        return Thread.currentThread() instanceof NonBlocking;
    }
}
