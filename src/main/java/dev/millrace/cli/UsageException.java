package dev.millrace.cli;

/** The command line is wrong. The message names the option and is all that the user sees. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;

    UsageException(String text) {
        super(text, null, false, false);
        this.text = text;
    }

    String text() {
        return text;
    }
}
