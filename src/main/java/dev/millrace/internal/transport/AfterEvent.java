package dev.millrace.internal.transport;

/** What collects output within an event and sends it at the event's end. */
@FunctionalInterface
public interface AfterEvent {
    /** The event has ended, or another connection needs the room: sends what was collected. */
    void flush();
}
