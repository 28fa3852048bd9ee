package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import java.io.PrintStream;

/**
 * The runnable jar: {@code java -jar millrace.jar <command> …}. Each command is a {@link Command}; this class finds it,
 * and turns its failures into one line on standard error and an exit status.
 *
 * <p>Everything on the way to the first response is written plainly, without lambdas, formatting or regular
 * expressions: the first use of each costs milliseconds of start-up time.
 */
public final class Main {
    /** The command did what it was asked. */
    static final int DONE = 0;
    /** The command could not do it: a busy port, a file that cannot be written. */
    static final int FAILED = 1;
    /** The command line is wrong. */
    static final int MISUSED = 2;
    /** A server has stopped, but had to cut something off for that. */
    static final int FORCED = 3;

    private static final String[] COMMANDS = {"serve", "get"};

    private Main() {}

    /**
     * Runs a command and ends the process with its status: 0 for done, 1 for failed, 2 for a wrong command line, 3 for a
     * server whose stop had to cut something off; {@code get} has more of them.
     *
     * @param args the command's name and its options
     */
    public static void main(String[] args) {
        int status = run(args, System.out, System.err);
        System.out.flush();
        // Status 0 needs no exit, which would wait for a stop that is already under way.
        if (status != DONE) {
            System.exit(status);
        }
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        if (args.length == 0) {
            explain(err);
            return MISUSED;
        }
        String first = args[0];
        if (first.equals("--help") || first.equals("-h") || first.equals("help")) {
            explain(out);
            return DONE;
        }
        if (first.equals("--version")) {
            out.println(version());
            return DONE;
        }
        Command command = command(first);
        if (command == null) {
            String kind = first.startsWith("-") ? "option" : "command";
            err.println("millrace: unknown " + kind + " " + printable(first) + ", see --help");
            return MISUSED;
        }
        return run(command, args, out, err);
    }

    private static int run(Command command, String[] args, PrintStream out, PrintStream err) {
        try {
            Options options = Options.parse(command.options(), command.operand(), args, 1);
            if (options.help()) {
                explain(command, out);
                return DONE;
            }
            command.run(options, out, err);
            return DONE;
        } catch (UsageException e) {
            err.println(
                    "millrace " + command.name() + ": " + printable(e.text()) + ", see " + command.name() + " --help");
            return MISUSED;
        } catch (FailureException e) {
            err.println("millrace " + command.name() + ": " + printable(e.text()));
            return e.status();
        }
    }

    /** Only the command that is asked for is loaded. */
    private static @Nullable Command command(String name) {
        return switch (name) {
            case "serve" -> new ServeCommand();
            case "get" -> new GetCommand();
            default -> null;
        };
    }

    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return "millrace " + (version == null ? "(unpackaged)" : version);
    }

    private static void explain(PrintStream out) {
        out.println("Millrace: HTTP on NIO, with nothing but the JDK.");
        out.println();
        out.println("usage: java -jar millrace.jar <command> [options]");
        out.println();
        for (String name : COMMANDS) {
            Command command = command(name);
            if (command != null) {
                out.println("  " + padded(name, 12) + command.summary());
            }
        }
        out.println();
        out.println("  --help      this text; after a command, its options");
        out.println("  --version   the version");
    }

    private static void explain(Command command, PrintStream out) {
        out.println(command.summary());
        out.println();
        out.println("usage: java -jar millrace.jar " + command.name() + " [options]"
                + (command.operand().isEmpty() ? "" : " " + command.operand()));
        out.println();
        for (Option option : command.options()) {
            out.println("  " + padded(option.name() + " " + option.argument(), 24) + option.meaning());
        }
        out.println("  " + padded("--help", 24) + "this text");
        for (String line : command.notes()) {
            out.println(line);
        }
    }

    private static String padded(String text, int width) {
        StringBuilder padded = new StringBuilder(text);
        while (padded.length() < width) {
            padded.append(' ');
        }
        return padded.toString();
    }

    /** What comes from the command line goes to a terminal: no control characters, one line. */
    static String printable(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) ? '?' : c);
        }
        return shown.toString();
    }
}
