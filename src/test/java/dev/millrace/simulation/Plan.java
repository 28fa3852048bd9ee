package dev.millrace.simulation;

import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** One request of a simulation: what its client sends, what its handler does, and what has become of it. */
final class Plan {
    private static final byte[] LETTERS = new byte[1 << 20];

    static {
        for (int i = 0; i < LETTERS.length; i++) {
            LETTERS[i] = (byte) ('a' + (i * 7 + i / 13 + i / 1009) % 26);
        }
    }

    final int number;
    final Act act;
    final String method;
    final int requestSize;
    final int responseSize;

    /** Decides what the handler does; nothing else asks it, so that other requests do not depend on that. */
    final Random random;

    // ---- what has become of it, on the server's side
    int handled;
    int started;
    boolean refused; // for lack of memory
    int ended;

    @Nullable
    Status endedWith;

    @Nullable
    CompletableFuture<Void> cancelled;

    /** How long nothing had moved when it was cancelled. */
    long waited;

    @Nullable
    TestSubscriber reader;

    boolean readerCancelled;
    boolean mayReport;

    @Nullable
    TestPublisher publisher;

    boolean published;
    final List<Throwable> errors = new ArrayList<>();
    final List<CompletableFuture<Void>> writes = new ArrayList<>();

    @Nullable
    CompletableFuture<Void> tunnelClosed;

    Plan(int number, Act act, String method, int requestSize, int responseSize, long seed) {
        this.number = number;
        this.act = act;
        this.method = method;
        this.requestSize = requestSize;
        this.responseSize = responseSize;
        this.random = new Random(seed * 31 + number);
    }

    boolean head() {
        return method.equals("HEAD");
    }

    /** {@return the request's content} */
    byte[] request() {
        return letters(number, requestSize);
    }

    /** {@return the response's content where it is the handler's own} */
    byte[] response() {
        return letters(number + 500, responseSize);
    }

    /** {@return what a complete response of the first status has to have} */
    byte[] expected() {
        return act.mirrors() ? request() : response();
    }

    /** {@return whether that is the content of a complete response} */
    boolean matches(byte[] content) {
        byte[] right = expected();
        int n = act == Act.STREAM_LONG ? Math.min(right.length, content.length) : right.length; // so much was announced
        return Arrays.equals(content, 0, content.length, right, 0, n);
    }

    /** {@return whether a handler that does not do what it should may still give all of its content} */
    boolean mayBeComplete() {
        return act == Act.FLOODER || act == Act.STREAM_LONG || act.breaksOff && responseSize <= 1;
    }

    static byte[] letters(int number, int size) {
        int from = number * 101 % 300_000;
        return Arrays.copyOfRange(LETTERS, from, from + size);
    }

    @Override
    public String toString() {
        return "request " + number + " (" + method + ", " + act + ", " + requestSize + " → " + responseSize + " bytes)";
    }
}
