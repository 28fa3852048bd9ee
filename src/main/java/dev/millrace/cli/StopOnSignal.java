package dev.millrace.cli;

import dev.millrace.server.HttpServer;

/**
 * Stops the server when SIGTERM or SIGINT arrives, and makes the process end with the status of a server that did what
 * it was asked to: 0, where the JVM by itself would end with 128 and the signal's number.
 *
 * <p>It is a shutdown hook that ends by halting. {@code sun.misc.Signal} would be the other way, but naming it is a
 * warning that javac cannot be told to leave, and reaching it by reflection and a proxy costs tens of milliseconds of
 * start-up.
 */
final class StopOnSignal extends Thread {
    /** How long a flight recording that is on its way to the disk may hold the end up. */
    private static final long RECORDING_MILLIS = 20_000;

    private final HttpServer server;
    private volatile int status = Main.DONE;

    private StopOnSignal(HttpServer server) {
        super("millrace-stop");
        this.server = server;
    }

    static StopOnSignal install(HttpServer server) {
        StopOnSignal hook = new StopOnSignal(server);
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
            server.close();
        } catch (RuntimeException e) {
            System.err.println("millrace serve: the server did not stop cleanly: " + e);
            code = Main.FAILED;
        }
        awaitFlightRecorder();
        System.out.flush();
        Runtime.getRuntime().halt(code);
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
