package dev.millrace.internal.h1;

import dev.millrace.http.Headers;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/**
 * A connection's bytes once they are no longer HTTP: after a 101, or a 2xx to CONNECT (RFC 9110 §7.8, §9.3.6). Either end
 * may finish first, and the other direction goes on.
 *
 * <pre>
 *   OPEN → INPUT_ENDED → ENDED
 *   OPEN → OUTPUT_ENDED → ENDED
 * </pre>
 */
final class Http1Tunnel {
    private enum State {
        OPEN,
        INPUT_ENDED,
        OUTPUT_ENDED,
        ENDED
    }

    private final Transport transport;
    private final Ending ending;
    private final InboundBody input;
    private State state = State.OPEN;

    Http1Tunnel(Transport transport, Ending ending, InboundBody input) {
        this.transport = transport;
        this.ending = ending;
        this.input = input;
    }

    /** {@return whether bytes are passed on at the moment} */
    boolean wants() {
        return input.wants();
    }

    /** Passes bytes on, as {@link dev.millrace.internal.transport.Protocol#onBytes} does; throws away what nobody wants. */
    int onBytes(byte[] bytes, int at, int end) {
        if (input.unwanted()) {
            return end;
        }
        if (!input.wants()) {
            transport.pauseReading();
            return at;
        }
        input.deliver(bytes, at, end - at);
        return end;
    }

    /** The peer has ended its direction. */
    void inputEnded() {
        if (state == State.OUTPUT_ENDED) {
            state = State.ENDED;
        } else if (state == State.OPEN) {
            state = State.INPUT_ENDED;
        }
        input.complete(Headers.empty());
        endIfOver();
    }

    /** Our direction is to end. */
    void endOutput() {
        if (state == State.OPEN) {
            state = State.OUTPUT_ENDED;
            transport.closeOutput();
        } else if (state == State.INPUT_ENDED) {
            state = State.ENDED;
        }
        endIfOver();
    }

    private void endIfOver() {
        if (state == State.ENDED && ending.life() == Life.TUNNEL) {
            ending.afterOutput(CloseReason.UPGRADED);
        }
    }
}
