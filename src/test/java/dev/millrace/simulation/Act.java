package dev.millrace.simulation;

import java.util.Set;

/** What a simulated handler does with a request, and the statuses that a peer may see then which does its part. */
enum Act {
    /** Answers at once. */
    ANSWER(200),
    /** Answers later. */
    LATER(200),
    /** Says something in between, and answers later. */
    INFORM(200),
    /** Answers with the request's content, once all of it is there. */
    COLLECT(200),
    /** Answers with the request's content as it comes. */
    ECHO(200),
    /** Answers with a publisher, of a known or an unknown length, with or without trailers. */
    STREAM(200),
    /** Answers with a part of a file. */
    FILE(200),
    /** Answers with what a writer writes. */
    WRITER(200),
    /** Answers without content. */
    EMPTY(204),
    /** Reads the content beside the answer, piece by piece. */
    READ_ALONGSIDE(200),
    /** Reads a little of the content, cancels, and answers. */
    CANCEL_READING(200),
    /** Throws while it takes content. */
    READER_THROWS(200),
    /** Says so with an exception. */
    STATUS(422),
    THROW(500),
    THROW_ERROR(500),
    FAIL_LATER(500),
    NULL_RESPONSE(500),
    NULL_STAGE(500),
    /** The publisher throws instead of being subscribed to. */
    SUBSCRIBE_THROWS(500),
    /** The publisher throws when it is asked. */
    REQUEST_THROWS(500),
    /** The publisher fails, at its beginning or later. */
    STREAM_FAILS(500, true),
    /** The publisher gives less than was announced. */
    STREAM_SHORT(500, true),
    /** The publisher gives more than was announced. */
    STREAM_LONG(500, true),
    /** The publisher gives all it has, asked or not. */
    FLOODER(500, true),
    /** The publisher goes on signalling after its end. */
    STREAM_BABBLES(200),
    /** Never answers. */
    NEVER(503),
    /** Begins to answer and never goes on. */
    STALLS(503, true),
    /** Opens a tunnel that sends back what comes. */
    TUNNEL(200);

    /** Failures of these are the library's own words for what the handler did. */
    static final Set<Act> BLAMED =
            Set.of(STREAM_SHORT, STREAM_LONG, FLOODER, NULL_RESPONSE, NULL_STAGE, STREAM_BABBLES, REQUEST_THROWS);

    final int status;

    /** Whether a response that has begun may be cut off. */
    final boolean breaksOff;

    Act(int status) {
        this(status, false);
    }

    Act(int status, boolean breaksOff) {
        this.status = status;
        this.breaksOff = breaksOff;
    }

    /** {@return whether a complete response of the first status has the plan's content} */
    boolean answers() {
        return status == 200 || this == FLOODER;
    }

    /** {@return whether the content of the response is the request's} */
    boolean mirrors() {
        return this == COLLECT || this == ECHO;
    }
}
