package dev.millrace.net;

import java.security.cert.CertificateException;

/** A {@link CertificateCheck} has refused a server; its exception is the cause. */
public final class CertificateRefusedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    /**
     * A refusal.
     *
     * @param host what the client wanted to reach
     * @param cause what the check has thrown
     */
    public CertificateRefusedException(String host, Throwable cause) {
        super("the certificate of " + host + " was refused: " + cause.getMessage(), cause);
    }
}
