package dev.millrace.cli;

/** The command cannot do what it was asked. The message is one line and all that the user sees. */
final class FailureException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;

    FailureException(String text) {
        super(text, null, false, false);
        this.text = text;
    }

    String text() {
        return text;
    }
}
