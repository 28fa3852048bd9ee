package dev.millrace.internal.exchange;

import dev.millrace.http.BodyTooLargeException;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.FieldName;
import dev.millrace.http.Initiator;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.internal.bytes.Nullable;

/** What a server answers where there is no response of a handler. */
final class FailureAnswer {
    private FailureAnswer() {}

    /**
     * The answer to what a handler threw, or what its body failed with.
     *
     * @param failure which
     * @return the answer that the handler or the peer has earned, or {@code null} if the failure is the server's own
     */
    static @Nullable Response to(Throwable failure) {
        if (failure instanceof StatusException status) {
            return status.response();
        }
        if (failure instanceof BodyTooLargeException) {
            return Response.text(Status.CONTENT_TOO_LARGE, failure.getMessage() + "\n");
        }
        if (failure instanceof MalformedMessageException malformed) {
            return closing(Response.text(malformed.status(), malformed.getMessage() + "\n"));
        }
        if (failure instanceof PeerClosedException) {
            return closing(Response.text(Status.BAD_REQUEST, "The request was cut off.\n"));
        }
        if (failure instanceof DeadlineException deadline && deadline.initiator() == Initiator.PEER) {
            return closing(Response.text(Status.REQUEST_TIMEOUT, deadline.getMessage() + "\n"));
        }
        return null;
    }

    static Response serverError() {
        return Response.text(Status.INTERNAL_SERVER_ERROR, "Internal Server Error\n");
    }

    /** No place for one more handler. */
    static Response busy() {
        return Response.text(Status.SERVICE_UNAVAILABLE, "The server is busy.\n")
                .withHeader(FieldName.RETRY_AFTER, "1");
    }

    static Response tooSlow() {
        return closing(Response.text(Status.SERVICE_UNAVAILABLE, "The handler took too long.\n"));
    }

    /** To CONNECT, which any peer may send, from a handler that does not know it. */
    static Response noTunnels() {
        return Response.text(Status.NOT_IMPLEMENTED, "This server opens no tunnels.\n");
    }

    private static Response closing(Response response) {
        return response.withHeader(FieldName.CONNECTION, "close");
    }
}
