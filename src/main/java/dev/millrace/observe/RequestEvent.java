package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A request from its header section to the end of its response. */
@Name("dev.millrace.Request")
@Label("HTTP Request")
@Description("A request from its header section to the end of its response")
@Category("Millrace")
@StackTrace(false)
@Threshold("20 ms")
final class RequestEvent extends Event {
    @Label("Connection Id")
    long connectionId;

    @Label("Listener")
    @Nullable
    String listener;

    @Label("Protocol")
    @Nullable
    String protocol;

    @Label("Method")
    @Nullable
    String method;

    @Label("Path")
    @Description("The path without the query, which may hold secrets")
    @Nullable
    String path;

    @Label("Status")
    @Description("The status of the response, 0 if the request was cut off before there was one")
    int status;
}
