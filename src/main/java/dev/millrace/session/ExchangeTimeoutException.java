package dev.millrace.session;

import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;

/**
 * A deadline of {@link ClientTimeouts} passed. {@link #phase()} says what was waited for; by itself it does not end an HTTP/2
 * session, whose other streams go on, and it does end an HTTP/1.1 session, so that late bytes reach no other exchange.
 */
public final class ExchangeTimeoutException extends HttpException {
    private static final long serialVersionUID = 1L;

    private final String deadline;
    private final transient @Nullable SessionSnapshot session;

    /**
     * A deadline that passed.
     *
     * @param deadline which one, by its name in {@link ClientTimeouts}
     * @param phase what was waited for
     * @param retrySafe whether the request certainly had no effect
     * @param session the session as it was then, {@code null} if there was none
     */
    public ExchangeTimeoutException(
            String deadline, Phase phase, boolean retrySafe, @Nullable SessionSnapshot session) {
        super(
                "ClientTimeouts." + deadline + " has passed in phase " + phase
                        + (session == null ? "" : ": " + session),
                Initiator.PEER,
                phase,
                retrySafe,
                null);
        this.deadline = deadline;
        this.session = session;
    }

    /** {@return the name of the deadline in {@link ClientTimeouts}} */
    public String deadline() {
        return deadline;
    }

    /** {@return the session as it was when the deadline passed, {@code null} if there was none, or after serialization} */
    public @Nullable SessionSnapshot session() {
        return session;
    }
}
