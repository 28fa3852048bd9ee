package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class HttpExceptionTest {
    @Test
    void whatAPeerOrTheNetworkCausedHasNoStackTrace() {
        IOException cause = new IOException("reset");
        PeerClosedException closed = new PeerClosedException("cut off", Phase.BODY, cause);
        assertEquals(0, closed.getStackTrace().length);
        assertSame(cause, closed.getCause());
        assertSame(Initiator.PEER, closed.initiator());
        assertSame(Phase.BODY, closed.phase());
        assertFalse(closed.retrySafe());
        assertEquals(0, new MalformedMessageException(Status.BAD_REQUEST, "m").getStackTrace().length);
        assertEquals(0, new BodyTooLargeException(5).getStackTrace().length);
        assertEquals(0, new DeadlineException("d", Initiator.PEER, Phase.HEADERS).getStackTrace().length);
        HttpException network = new HttpException("n", Initiator.NETWORK, Phase.IDLE, true, null);
        assertEquals(0, network.getStackTrace().length);
        assertTrue(network.retrySafe());
    }

    @Test
    void whatThisSideCausedSaysWhere() {
        HttpException local = new HttpException("l", Initiator.LOCAL, Phase.HANDLER, false, null);
        assertEquals("whatThisSideCausedSaysWhere", local.getStackTrace()[0].getMethodName());
        DeadlineException deadline = new DeadlineException("d", Initiator.LOCAL, Phase.HANDLER);
        assertEquals("whatThisSideCausedSaysWhere", deadline.getStackTrace()[0].getMethodName());
        assertEquals("d", deadline.getMessage());
    }

    @Test
    void messages() {
        assertTrue(new BodyTooLargeException(5).getMessage().contains("5 bytes"));
        MalformedMessageException malformed = new MalformedMessageException(Status.CONTENT_TOO_LARGE, "big");
        assertSame(Status.CONTENT_TOO_LARGE, malformed.status());
        assertEquals("big", malformed.getMessage());
    }

    @Test
    void statusExceptionsAreResponsesToThrow() throws Exception {
        StatusException thrown = new StatusException(Status.NOT_FOUND, "no such thing");
        assertEquals("no such thing", thrown.getMessage());
        assertEquals(0, thrown.getStackTrace().length);
        assertSame(Status.NOT_FOUND, thrown.response().status());
        assertEquals("no such thing", thrown.response().body().string(100));
        assertEquals("highest", new StatusException(Status.of(599), "highest").getMessage());
        assertThrows(IllegalArgumentException.class, () -> new StatusException(Status.FOUND, "no"));
        assertThrows(IllegalArgumentException.class, () -> new StatusException(Status.CONTINUE, "no"));
    }
}
