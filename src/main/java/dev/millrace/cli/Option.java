package dev.millrace.cli;

/**
 * An option of a command. Every option takes a value.
 *
 * @param name with its dashes
 * @param argument what its value is, in capitals
 * @param meaning what it does and its default, in one line
 */
record Option(String name, String argument, String meaning) {}
