package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A TLS handshake from its connection's being accepted to its end. */
@Name("dev.millrace.Handshake")
@Label("TLS Handshake")
@Description("A TLS handshake from its connection's being accepted to its end")
@Category("Millrace")
@StackTrace(false)
final class HandshakeEvent extends Event {
    @Label("Connection Id")
    long connectionId;

    @Label("Listener")
    @Nullable
    String listener;

    @Label("Result")
    @Nullable
    String result;

    @Label("Server Name")
    @Description("What the client sent as SNI")
    @Nullable
    String serverName;

    @Label("Fingerprint")
    @Description("JA4 of the ClientHello")
    @Nullable
    String fingerprint;

    @Label("TLS Version")
    @Nullable
    String tlsVersion;

    @Label("Cipher Suite")
    @Nullable
    String cipherSuite;

    @Label("ALPN")
    @Description("The application protocol chosen")
    @Nullable
    String alpn;

    @Label("Alert Received")
    @Nullable
    String alertReceived;

    @Label("Alert Sent")
    @Nullable
    String alertSent;
}
