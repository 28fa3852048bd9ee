package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A connection from its being accepted to its end. */
@Name("dev.millrace.Connection")
@Label("Connection")
@Description("A connection from its being accepted to its end")
@Category("Millrace")
@StackTrace(false)
final class ConnectionEvent extends Event {
    @Label("Connection Id")
    long connectionId;

    @Label("Listener")
    @Nullable
    String listener;

    @Label("Remote Address")
    @Nullable
    String remoteAddress;

    @Label("Remote Port")
    int remotePort;

    @Label("TLS Version")
    @Nullable
    String tlsVersion;

    @Label("Reason")
    @Nullable
    String reason;

    @Label("Requests")
    long requests;

    @Label("Bytes Received")
    @DataAmount
    long bytesIn;

    @Label("Bytes Sent")
    @DataAmount
    long bytesOut;
}
