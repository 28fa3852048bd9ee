package dev.millrace.cli;

/**
 * An option of a command.
 *
 * @param name with its dashes
 * @param argument what its value is, in capitals; empty for an option that takes none
 * @param meaning what it does and its default, in one line
 */
record Option(String name, String argument, String meaning) {
    /** {@return whether it takes a value} */
    boolean valued() {
        return !argument.isEmpty();
    }
}
