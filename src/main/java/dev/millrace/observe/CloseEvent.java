package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The end of a connection: a moment, where {@link ConnectionEvent} is a span and may stay below its threshold. */
@Name("dev.millrace.Close")
@Label("Connection Close")
@Description("The end of a connection and why it came")
@Category("Millrace")
@StackTrace(false)
final class CloseEvent extends Event {
    @Label("Connection Id")
    long connectionId;

    @Label("Listener")
    @Nullable
    String listener;

    @Label("Reason")
    @Nullable
    String reason;

    @Label("Initiator")
    @Description("Who caused the end: peer, local or network")
    @Nullable
    String initiator;

    @Label("Phase")
    @Description("How far the connection had come")
    @Nullable
    String phase;

    @Label("Normal")
    @Description("Whether this is how connections are meant to end")
    boolean normal;

    @Label("Detail")
    @Description("What makes the reason exact, such as the name of a TLS alert")
    @Nullable
    String detail;
}
