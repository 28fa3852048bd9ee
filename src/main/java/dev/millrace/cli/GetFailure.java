package dev.millrace.cli;

import dev.millrace.http.HttpException;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.session.ExchangeTimeoutException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.List;

/** How failures of {@code get} are told apart by exit statuses: the numbers that curl uses, so that scripts know them. */
final class GetFailure {
    static final int RESOLVE = 6;
    static final int CONNECT = 7;
    static final int MALFORMED = 8;
    static final int PARTIAL = 18;
    static final int STATUS = 22;
    static final int OUTPUT = 23;
    static final int TIMEOUT = 28;
    static final int TLS = 35;
    static final int EMPTY = 52;
    static final int BROKEN = 56;
    static final int CERTIFICATE = 60;

    private GetFailure() {}

    static List<String> notes() {
        return List.of(
                "",
                "A URL without a scheme is http. Exit statuses, as curl has them: 0 a response came, whatever its status; 1 failed",
                "otherwise; 2 wrong command line; 6 name not resolved; 7 not connected; 8 malformed response; 18 response cut off;",
                "22 status 400 or above, with --fail; 23 output not written; 28 timed out; 35 TLS failed; 52 closed without a",
                "response; 56 connection broken; 60 certificate not trusted.");
    }

    /** {@return a failure with its exit status} */
    static FailureException of(IOException failure) {
        return new FailureException(String.valueOf(failure.getMessage()), status(failure));
    }

    private static int status(IOException failure) {
        if (failure instanceof ExchangeTimeoutException) {
            return TIMEOUT;
        }
        if (failure instanceof MalformedMessageException) {
            return MALFORMED;
        }
        if (!(failure instanceof HttpException ended)) {
            return Main.FAILED;
        }
        boolean left = failure instanceof PeerClosedException;
        return switch (ended.phase()) {
            case RESOLVE -> RESOLVE;
            case CONNECT -> CONNECT;
            case HANDSHAKE -> untrusted(failure) ? CERTIFICATE : TLS;
            case RESPONSE -> left ? PARTIAL : BROKEN;
            case REQUEST, RESPONSE_HEAD -> left && ended.phase() == Phase.RESPONSE_HEAD ? EMPTY : BROKEN;
            default -> BROKEN;
        };
    }

    private static boolean untrusted(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }
}
