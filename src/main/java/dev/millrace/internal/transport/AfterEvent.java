package dev.millrace.internal.transport;

/** What collects output within an event and sends it at the event's end. */
public interface AfterEvent {
    /** The event has ended, or another connection needs the room: sends what was collected. */
    void flush();

    /**
     * Sending has thrown, mostly for lack of memory: gives the connection up.
     *
     * @param error what was thrown
     */
    void failed(Throwable error);
}
