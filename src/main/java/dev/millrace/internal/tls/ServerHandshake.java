package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLEngine;

/**
 * A server's handshake: looks at the ClientHello, has a hook choose what to answer it with where there is one, and leaves the
 * rest to the engine.
 */
final class ServerHandshake extends Handshake {
    private static final byte[] PLAINTEXT_ANSWER = ("HTTP/1.1 400 Bad Request\r\n"
                    + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 66\r\nConnection: close\r\n\r\n"
                    + "This port speaks HTTPS, and the request came without encryption.\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private @Nullable ClientHelloReader reader; // from the first byte to the end of the hello
    private @Nullable ClientHello hello;
    private @Nullable CompletableFuture<EngineChoice> choosing;

    ServerHandshake(TlsTransport owner, Transport down, TlsContext context, TlsContext.Upper upper) {
        super(owner, down, context, upper);
    }

    // ---- the ClientHello

    @Override
    int readFirst(byte[] bytes, int offset, int end) {
        ClientHelloReader reading = reader;
        if (reading == null) {
            reading = new ClientHelloReader();
            reader = reading;
        }
        switch (reading.read(bytes, offset, end)) {
            case INCOMPLETE:
                return offset;
            case COMPLETE:
                hello = reading.hello();
                if (context.settings.chooses()) {
                    return choose(reading.hello(), bytes, offset, end);
                }
                break;
            case MALFORMED: // the engine answers with the right alert
                break;
            case TOO_LONG:
                owner.refuse(AlertNames.DECODE_ERROR, CloseReason.HANDSHAKE_FAILED);
                return end;
            case PLAINTEXT_HTTP:
                down.write(PLAINTEXT_ANSWER, 0, PLAINTEXT_ANSWER.length);
                owner.linger(CloseReason.PLAINTEXT_ON_TLS);
                return end;
            case NOT_TLS:
                owner.end(CloseReason.NOT_TLS);
                return end;
        }
        begin(context.settings.newServerEngine());
        return readMessages(bytes, offset, end);
    }

    private void begin(SSLEngine made) {
        reader = null;
        engine(made);
        state = state.become(HandshakeState.MESSAGES);
    }

    /** Asks the hook; goes on at once if it knows at once. */
    private int choose(ClientHello offered, byte[] bytes, int offset, int end) {
        state = state.become(HandshakeState.CHOOSING);
        CompletableFuture<EngineChoice> asked;
        try {
            asked = context.settings.choose(offered);
        } catch (Throwable e) { // user code may throw anything
            failed(e);
            return end;
        }
        CompletionStage<EngineChoice> answer = asked;
        if (asked.isDone()) {
            answer.whenComplete(this::chosen);
        } else {
            choosing = asked;
            answer.whenComplete((choice, failure) -> down.loop().execute(() -> {
                if (state == HandshakeState.CHOOSING) { // else it took too long, or the peer is gone
                    choosing = null;
                    chosen(choice, failure);
                    down.resumeReading();
                }
            }));
        }
        return onBytes(bytes, offset, end);
    }

    private void chosen(@Nullable EngineChoice choice, @Nullable Throwable failure) {
        if (choice == null) {
            failed(causeOf(failure));
        } else if (choice == EngineChoice.REFUSED) {
            owner.refuse(AlertNames.HANDSHAKE_FAILURE, CloseReason.HANDSHAKE_FAILED);
        } else {
            try {
                begin(choice.newServerEngine(context.settings));
            } catch (RuntimeException e) { // a choice that cannot be fulfilled
                failed(e);
            }
        }
    }

    private static Throwable causeOf(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause == null ? new NullPointerException("nothing was chosen") : cause;
    }

    private void failed(Throwable error) {
        down.loop().report("choosing what to answer a ClientHello with", error);
        owner.refuse(AlertNames.INTERNAL_ERROR, CloseReason.HANDSHAKE_FAILED);
    }

    // ---- its end

    @Override
    boolean abbreviated(boolean peersIsLast) {
        return peersIsLast;
    }

    @Override
    void drain() {
        super.drain();
        if (silent() && down.unread() == 0) {
            owner.end(CloseReason.DRAINED);
        } else {
            long now = down.loop().now();
            down.deadline(DrainBounds.apply(opened + context.handshakeNanos, opened, now, DrainBounds.BEGUN_NANOS));
        }
    }

    @Override
    void end() {
        super.end();
        CompletableFuture<EngineChoice> asked = choosing;
        if (asked != null) {
            choosing = null;
            try {
                asked.cancel(true);
            } catch (RuntimeException e) { // a stage of the user's own kind
                down.loop().report("cancelling the choice of what to answer a ClientHello with", e);
            }
        }
    }

    // ---- what is known of it

    @Override
    boolean silent() {
        return reader == null && !begun();
    }

    @Override
    @Nullable
    ClientHello hello() {
        return hello;
    }
}
