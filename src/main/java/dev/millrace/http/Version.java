package dev.millrace.http;

/** The version of HTTP that carried a message. */
public enum Version {
    /** HTTP/1.0 (RFC 1945, and RFC 9112 for today's rules). */
    HTTP_1_0("HTTP/1.0"),
    /** HTTP/1.1 (RFC 9112). */
    HTTP_1_1("HTTP/1.1"),
    /** HTTP/2 (RFC 9113). */
    HTTP_2("HTTP/2");

    private final String text;

    Version(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
