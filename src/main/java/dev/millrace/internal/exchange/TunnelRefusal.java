package dev.millrace.internal.exchange;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Response;
import dev.millrace.http.Status;

/** Why a response does not open a tunnel. */
public enum TunnelRefusal {
    /** It does. */
    NONE,
    /** The peer did not offer the protocol, or cannot: it is told which one is wanted. */
    NOT_OFFERED,
    /** The request has content, which has not been read. */
    CONTENT_NOT_READ,
    /** The handler opens a tunnel in a way that no request allows. */
    MISUSED;

    /**
     * What the peer is told, who asked for something that the handler's answer does not fit: not the handler's failure.
     *
     * @param wanted the fields of the response that was to open the tunnel
     * @return the response in its place
     */
    Response answer(Headers wanted) {
        return switch (this) {
            case NOT_OFFERED -> {
                Response answer = Response.text(Status.UPGRADE_REQUIRED, "This resource speaks another protocol.\n");
                String protocol = wanted.get(FieldName.UPGRADE);
                yield protocol == null ? answer : answer.withHeader(FieldName.UPGRADE, protocol);
            }
            case CONTENT_NOT_READ ->
                Response.text(Status.BAD_REQUEST, "A request that changes the protocol has no content.\n");
            case NONE, MISUSED -> throw new IllegalStateException("not the peer's doing: " + this);
        };
    }
}
