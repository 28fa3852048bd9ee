package dev.millrace.cli;

import java.io.PrintStream;
import java.util.List;

/** One command of the runnable jar. */
interface Command {
    /** {@return the word that asks for it} */
    String name();

    /** {@return what it does, in one line} */
    String summary();

    /** {@return the options it takes, in the order in which help shows them} */
    List<Option> options();

    /** {@return what it takes besides options, in capitals; empty if it takes nothing} */
    default String operand() {
        return "";
    }

    /** {@return lines of help after the options} */
    List<String> notes();

    /**
     * Does it, and returns when it is done.
     *
     * @param options what the command line says
     * @param out for what the command has to say
     * @param err for what it says of itself
     * @throws UsageException if an option's value is wrong
     * @throws FailureException if it cannot be done
     */
    void run(Options options, PrintStream out, PrintStream err) throws UsageException, FailureException;
}
