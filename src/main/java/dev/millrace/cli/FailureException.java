package dev.millrace.cli;

/** The command cannot do what it was asked. The message is one line and all that the user sees. */
final class FailureException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final int status;

    FailureException(String text) {
        this(text, Main.FAILED);
    }

    /**
     * A failure.
     *
     * @param text what cannot be done, and why
     * @param status the exit status that tells it from other failures
     */
    FailureException(String text, int status) {
        super(text, null, false, false);
        this.text = text;
        this.status = status;
    }

    int status() {
        return status;
    }

    String text() {
        return text;
    }
}
