package dev.millrace.net;

import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;

/** A name has no address, or nobody could be asked for one. Nothing was sent, so trying again is safe. */
public final class UnresolvedHostException extends HttpException {
    private static final long serialVersionUID = 1L;

    private final String host;

    /**
     * A name without an address.
     *
     * @param host the name
     * @param cause what the look-up said, or {@code null}
     */
    public UnresolvedHostException(String host, @Nullable Throwable cause) {
        super("no address is known for " + host, Initiator.NETWORK, Phase.RESOLVE, true, cause);
        this.host = host;
    }

    /** {@return the name} */
    public String host() {
        return host;
    }
}
