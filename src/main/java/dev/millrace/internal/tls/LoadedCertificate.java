package dev.millrace.internal.tls;

import java.security.cert.X509Certificate;

/**
 * A certificate in use.
 *
 * @param name what it is called; no two of one configuration are called the same
 * @param certificate the certificate
 */
public record LoadedCertificate(String name, X509Certificate certificate) {}
