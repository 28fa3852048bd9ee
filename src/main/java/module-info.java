/**
 * Millrace: HTTP servers and clients on NIO, with no dependency outside the JDK's own modules.
 *
 * <p>Only the exported packages are API. Everything below {@code dev.millrace.internal} may change from one version to
 * the next.
 */
module dev.millrace {
    requires static jdk.jfr;

    exports dev.millrace.client;
    exports dev.millrace.files;
    exports dev.millrace.http;
    exports dev.millrace.net;
    exports dev.millrace.observe;
    exports dev.millrace.server;
    exports dev.millrace.session;
}
