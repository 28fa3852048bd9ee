package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.server.DrainReport;
import dev.millrace.server.HttpServer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/**
 * Stops the server when SIGTERM or SIGINT arrives, gracefully at the first and at once at the second, and makes the process
 * end with the status of a server that did what it was asked to: 0, or 3 if something had to be cut off, where the JVM by
 * itself would end with 128 and the signal's number.
 *
 * <p>It is a shutdown hook that ends by halting. A hook hears of the first signal only. For the second there is {@code
 * sun.misc.Signal}, which javac cannot be told to take without a warning; it is reached by reflection, and not before the
 * first signal, because that costs tens of milliseconds.
 */
final class StopOnSignal extends Thread implements InvocationHandler {
    private static final String[] SIGNALS = {"TERM", "INT", "HUP"};

    /** How long a flight recording that is on its way to the disk may hold the end up. */
    private static final long RECORDING_MILLIS = 20_000;

    private final HttpServer server;
    private final Duration deadline;
    private volatile int status = Main.DONE;

    private StopOnSignal(HttpServer server, Duration deadline) {
        super("millrace-stop");
        this.server = server;
        this.deadline = deadline;
    }

    static StopOnSignal install(HttpServer server, Duration deadline) {
        StopOnSignal hook = new StopOnSignal(server, deadline);
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            server.close(); // the signal was quicker
        }
        return hook;
    }

    /** The process ends for another reason than a signal, and with this status. */
    void failed(int code) {
        status = code;
    }

    @Override
    public void run() {
        int code = status;
        try {
            CompletionStage<DrainReport> stopping = server.drain(code == Main.DONE ? deadline : Duration.ZERO);
            listen();
            if (!stopping.toCompletableFuture().get().graceful() && code == Main.DONE) {
                code = Main.FORCED;
            }
        } catch (RuntimeException | ExecutionException | InterruptedException e) {
            System.err.println("millrace serve: the server did not stop cleanly: " + e);
            code = Main.FAILED;
        }
        awaitFlightRecorder();
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    /** From now on a further signal is the second. */
    private void listen() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object second = Proxy.newProxyInstance(StopOnSignal.class.getClassLoader(), new Class<?>[] {handler}, this);
            Method handle = signal.getMethod("handle", signal, handler);
            Object ignored = handler.getField("SIG_IGN").get(null);
            for (String name : SIGNALS) {
                Object each = signal.getConstructor(String.class).newInstance(name);
                if (handle.invoke(null, each, second) == ignored) { // by nohup, or by a shell in the background
                    handle.invoke(null, each, ignored);
                }
            }
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return; // the JVM keeps its signals to itself (-Xrs), or has no such type: then there is the deadline
        }
    }

    /** A method of the handler that hears of further signals: there is one, apart from those of Object. */
    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
        switch (method.getName()) {
            case "handle":
                server.drain(Duration.ZERO);
                return null;
            case "equals":
                return arguments != null && arguments[0] == proxy;
            case "hashCode":
                return System.identityHashCode(proxy);
            default:
                return "the second signal";
        }
    }

    /** Halting would cut off the JDK's own hook, which writes the recording of -XX:StartFlightRecording. */
    private static void awaitFlightRecorder() {
        ThreadGroup top = Thread.currentThread().getThreadGroup();
        for (ThreadGroup parent = top.getParent(); parent != null; parent = top.getParent()) {
            top = parent;
        }
        Thread[] threads = new Thread[top.activeCount() + 16];
        int count = top.enumerate(threads);
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().startsWith("JFR Shutdown")) {
                try {
                    threads[i].join(RECORDING_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
