package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;

/**
 * The names of alerts (RFC 8446 §6), and the one place that finds them out: an {@code SSLEngine} tells which alert the
 * peer sent only in the text of its exception. From that text nothing but the name is taken, and only if it is the name
 * of an alert that exists; wherever the text is not as expected, the name is {@link #UNKNOWN}.
 *
 * <p>The texts, as JDK 17 and 25 have them, the newer with the name of the alert it answers with in front:
 *
 * <pre>
 * Received fatal alert: certificate_unknown
 * (certificate_unknown) Received fatal alert: certificate_unknown
 * received handshake warning: handshake_failure
 * Received close_notify during handshake
 * Received fatal close_notify alert          (said of user_canceled)
 * Unknown alert description (121)
 * </pre>
 */
public final class AlertNames {
    /** The name of an alert that came or went but whose name could not be found out. */
    public static final String UNKNOWN = "unknown";

    static final int HANDSHAKE_FAILURE = 40;
    static final int DECODE_ERROR = 50;
    static final int INTERNAL_ERROR = 80;

    private static final String FATAL = "Received fatal alert: ";
    private static final String WARNING = "received handshake warning: ";
    private static final String CLOSED = "Received close_notify";
    private static final String CANCELED = "Received fatal close_notify alert";
    private static final String NUMBER = "Unknown alert description (";
    private static final String OTHER_FATAL = "Received fatal";

    private static final int MAX_CAUSES = 8;
    private static final int LAST_DESCRIPTION = 121;
    private static final int RECORD_HEADER = 5;
    private static final int ALERT = 21;
    private static final int ALERT_LENGTH = 2;

    private AlertNames() {}

    /**
     * The alert that made an engine fail.
     *
     * @param failure what {@code unwrap} or {@code wrap} threw
     * @return its name, {@link #UNKNOWN} if one came that cannot be named, or {@code null} if the failure does not speak
     *     of an alert of the peer's: then {@link #inClear} may find one in the records that came
     */
    public static @Nullable String received(Throwable failure) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < MAX_CAUSES; depth++) {
            String message = current.getMessage();
            String name = message == null ? null : receivedIn(withoutPrefix(message));
            if (name != null) {
                return name;
            }
            current = current.getCause();
        }
        return null;
    }

    /**
     * The alert with which an engine answers its own failure, as far as the failure tells: only newer JDKs do.
     *
     * @param failure what {@code unwrap} or {@code wrap} threw
     * @return its name, {@link #UNKNOWN} if it is not told, or {@code null} if a fatal alert of the peer's was the cause,
     *     which is not answered
     */
    public static @Nullable String sent(Throwable failure) {
        String message = failure.getMessage();
        if (message == null) {
            return UNKNOWN;
        }
        if (withoutPrefix(message).startsWith(OTHER_FATAL)) {
            return null;
        }
        int end = message.indexOf(") ");
        return message.startsWith("(") && end > 0 ? known(message.substring(1, end)) : UNKNOWN;
    }

    /**
     * The first alert in clear among records, whichever way they go; one that is encrypted is not visible.
     *
     * <p>For records of the peer's this is the second place to look, with the records that the failing {@code unwrap} was
     * given: a client of TLS 1.3 that dislikes the certificate before it has switched its own sending to the handshake
     * keys, as OpenSSL does, says so in clear, while the engine waits for encrypted records already and fails with
     * something about the decryption. An alert in clear is not authenticated, but then neither is a reset.
     *
     * @param records what {@code wrap} produced, or what {@code unwrap} was given
     * @param offset where the first record starts
     * @param end where the records end; the last one may be cut off
     * @return its name, {@link #UNKNOWN} for a number without a name, or {@code null} if there is no alert in clear
     */
    public static @Nullable String inClear(byte[] records, int offset, int end) {
        int at = offset;
        while (end - at >= RECORD_HEADER + ALERT_LENGTH) {
            int length = (records[at + 3] & 0xff) << 8 | records[at + 4] & 0xff;
            // A longer one is encrypted: a nonce, a tag or a MAC is with it.
            if (records[at] == ALERT && length == ALERT_LENGTH) {
                return name(records[at + RECORD_HEADER + 1] & 0xff);
            }
            at += RECORD_HEADER + length;
        }
        return null;
    }

    /** {@return the name of an alert of this number (RFC 8446 §6, RFC 5246 §7.2 for older ones), or {@link #UNKNOWN}} */
    public static String name(int description) {
        switch (description) {
            case 0:
                return "close_notify";
            case 10:
                return "unexpected_message";
            case 20:
                return "bad_record_mac";
            case 21:
                return "decryption_failed";
            case 22:
                return "record_overflow";
            case 30:
                return "decompression_failure";
            case 40:
                return "handshake_failure";
            case 41:
                return "no_certificate";
            case 42:
                return "bad_certificate";
            case 43:
                return "unsupported_certificate";
            case 44:
                return "certificate_revoked";
            case 45:
                return "certificate_expired";
            case 46:
                return "certificate_unknown";
            case 47:
                return "illegal_parameter";
            case 48:
                return "unknown_ca";
            case 49:
                return "access_denied";
            case 50:
                return "decode_error";
            case 51:
                return "decrypt_error";
            case 60:
                return "export_restriction";
            case 70:
                return "protocol_version";
            case 71:
                return "insufficient_security";
            case 80:
                return "internal_error";
            case 86:
                return "inappropriate_fallback";
            case 90:
                return "user_canceled";
            case 100:
                return "no_renegotiation";
            case 109:
                return "missing_extension";
            case 110:
                return "unsupported_extension";
            case 111:
                return "certificate_unobtainable";
            case 112:
                return "unrecognized_name";
            case 113:
                return "bad_certificate_status_response";
            case 114:
                return "bad_certificate_hash_value";
            case 115:
                return "unknown_psk_identity";
            case 116:
                return "certificate_required";
            case 120:
                return "no_application_protocol";
            case 121:
                return "ech_required";
            default:
                return UNKNOWN;
        }
    }

    /** {@return whether an alert of this name says that the peer leaves, and not that something is wrong} */
    static boolean leaves(@Nullable String name) {
        return name != null && (name.equals(name(0)) || name.equals(name(90)));
    }

    private static @Nullable String receivedIn(String text) {
        if (text.startsWith(FATAL)) {
            return known(text.substring(FATAL.length()));
        }
        if (text.startsWith(WARNING)) {
            return known(text.substring(WARNING.length()));
        }
        if (text.startsWith(CANCELED)) {
            return name(90);
        }
        if (text.startsWith(CLOSED)) {
            return name(0);
        }
        if (text.startsWith(NUMBER)) {
            return numbered(text);
        }
        return text.startsWith(OTHER_FATAL) ? UNKNOWN : null;
    }

    private static String numbered(String text) {
        int value = 0;
        for (int i = NUMBER.length(); i < text.length() && text.charAt(i) != ')'; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || value > LAST_DESCRIPTION) {
                return UNKNOWN;
            }
            value = value * 10 + digit;
        }
        return name(value);
    }

    /** The text after a name in parentheses. */
    private static String withoutPrefix(String message) {
        int end = message.startsWith("(") ? message.indexOf(") ") : -1;
        return end < 0 ? message : message.substring(end + 2);
    }

    /** The name if an alert has it, as our own constant. */
    private static String known(String name) {
        for (int description = 0; description <= LAST_DESCRIPTION; description++) {
            String candidate = name(description);
            if (candidate.equals(name)) {
                return candidate;
            }
        }
        return UNKNOWN;
    }
}
