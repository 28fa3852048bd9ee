package dev.millrace.cli;

import java.io.Console;
import java.io.PrintStream;

/** Shows on a terminal how far a long transfer has come. Moves with the bytes and knows no time. */
final class ProgressBar {
    private static final long WORTH_IT = 1 << 20;
    private static final int WIDTH = 40;

    private final PrintStream terminal;
    private final long length; // negative if it is not known
    private final long step;
    private long moved;
    private long shown;

    /** {@return whether standard output is a terminal, or, where the JDK cannot tell, whether standard input is one, too} */
    @SuppressWarnings("SystemConsoleNull") // what is not null is asked further
    static boolean visible() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console); // since JDK 22
        } catch (ReflectiveOperationException before) {
            return true;
        }
    }

    ProgressBar(PrintStream terminal, long length) {
        this.terminal = terminal;
        this.length = length;
        this.step = Math.max(WORTH_IT / 2, length / 200);
    }

    void moved(int bytes) {
        moved += bytes;
        if (moved > WORTH_IT && moved - shown >= step) {
            show();
        }
    }

    void ended() {
        if (shown > 0) {
            show();
            terminal.println();
        }
    }

    private void show() {
        shown = moved;
        StringBuilder line = new StringBuilder(WIDTH + 40).append('\r');
        if (length > 0) {
            int filled = (int) Math.min(WIDTH, moved * WIDTH / length);
            line.append('[');
            for (int i = 0; i < WIDTH; i++) {
                line.append(i < filled ? '#' : ' ');
            }
            line.append("] ").append(Math.min(100, moved * 100 / length)).append(" % ");
        }
        terminal.print(line.append(moved >> 20).append(" MiB"));
        terminal.flush();
    }
}
