package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Protocol;
import java.util.HashSet;
import java.util.Set;

/** What a connection holds for its streams, for tests that compare it with the bounds. */
public final class Http2Held {
    private final Set<Http2Stream> seen = new HashSet<>();
    private int streams;
    private long mostOut;
    private long mostIn;
    private long allIn;
    private long unread;
    private long told;

    /** Looks at a connection, which holds nothing if it is none of HTTP/2. */
    public void look(@Nullable Protocol protocol) {
        streams = 0;
        mostOut = 0;
        mostIn = 0;
        allIn = 0;
        unread = 0;
        told = 0;
        if (protocol instanceof Http2Connection connection) {
            unread = connection.input().unread().waiting();
            told = connection.held();
            connection.streams().forEach(this::add);
        }
    }

    private void add(Http2Stream stream) {
        seen.add(stream);
        streams++;
        mostOut = Math.max(mostOut, stream.queue().pending());
        StreamInput input = stream.input();
        if (input != null) {
            mostIn = Math.max(mostIn, input.waitingBytes());
            allIn += input.waitingBytes();
        }
    }

    /** {@return whether nothing waits to be sent on streams that have been seen and are closed} */
    public boolean dropped() {
        return seen.stream()
                .allMatch(stream ->
                        stream.state() != StreamState.CLOSED || stream.queue().pending() == 0);
    }

    /** {@return whether as much is counted as unread as waits on the open streams} */
    public boolean counted() {
        return unread == allIn;
    }

    /** {@return the bytes that the connection holds above its transport} */
    public long told() {
        return told;
    }

    /** {@return how many streams are open} */
    public int streams() {
        return streams;
    }

    /** {@return the most bytes that wait to be sent on one stream} */
    public long mostOut() {
        return mostOut;
    }

    /** {@return the most bytes that wait for the reader of one stream} */
    public long mostIn() {
        return mostIn;
    }

    /** {@return the bytes that wait for readers of all streams} */
    public long allIn() {
        return allIn;
    }
}
