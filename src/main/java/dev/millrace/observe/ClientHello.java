package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * What a TLS client said first (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2): what it offers, in its own order.
 *
 * <p>Numbers are IANA's code points and are kept as they came, with those of GREASE (RFC 8701); {@link TlsNames} names
 * them. Nothing here has been checked against the rest of the handshake, and everything was chosen by the peer: a
 * fingerprint recognises honest software, it proves nothing.
 *
 * <p>Immutable and safe for all threads. The fingerprints are computed when first asked for.
 */
public final class ClientHello {
    private static final int SERVER_NAME = 0;
    private static final int PRE_SHARED_KEY = 41;
    private static final int EARLY_DATA = 42;
    private static final int SESSION_TICKET = 35;
    private static final int TLS13 = 0x0304;
    private static final int[] NONE = {};

    private final int legacyVersion;
    private final int[] supportedVersions;
    private final @Nullable String serverName;
    private final List<String> applicationProtocols;
    private final int[] cipherSuites;
    private final int[] extensions;
    private final int[] groups;
    private final int[] keyShares;
    private final int[] signatureAlgorithms;
    private final int[] pointFormats;
    private final int sessionIdLength;
    private final int ticketLength;

    // Computed when asked for; two threads at once compute the same text twice, which is harmless.
    private @Nullable String ja3;
    private @Nullable String ja3Hash;
    private @Nullable String ja4;

    private ClientHello(Builder from) {
        legacyVersion = from.legacyVersion;
        supportedVersions = from.supportedVersions;
        serverName = from.serverName;
        applicationProtocols = from.applicationProtocols;
        cipherSuites = from.cipherSuites;
        extensions = from.extensions;
        groups = from.groups;
        keyShares = from.keyShares;
        signatureAlgorithms = from.signatureAlgorithms;
        pointFormats = from.pointFormats;
        sessionIdLength = from.sessionIdLength;
        ticketLength = from.ticketLength;
    }

    /** {@return the field {@code legacy_version}: 0x0303 for everything that speaks TLS 1.2 or 1.3} */
    public int legacyVersion() {
        return legacyVersion;
    }

    /** {@return the extension {@code supported_versions} (RFC 8446 §4.2.1), empty if it was not sent} */
    public List<Integer> supportedVersions() {
        return new Numbers(supportedVersions);
    }

    /**
     * The highest version offered: of {@link #supportedVersions} without GREASE, or else {@link #legacyVersion}.
     *
     * @return its number, such as 0x0304 for TLS 1.3
     */
    public int highestVersion() {
        int highest = -1;
        for (int version : supportedVersions) {
            if (!TlsNames.isGrease(version)) {
                highest = Math.max(highest, version);
            }
        }
        return highest < 0 ? legacyVersion : highest;
    }

    /**
     * {@return whether the client offers this version, such as 0x0304 for TLS 1.3}
     *
     * @param version its number
     */
    public boolean offersVersion(int version) {
        return supportedVersions.length > 0
                ? contains(supportedVersions, version)
                : version <= legacyVersion && version >= 0x0300;
    }

    /**
     * The host name of the extension {@code server_name} (RFC 6066 §3), in lower case.
     *
     * @return the name: 1 to 255 letters, digits, hyphens, underscores and dots, no label empty or longer than 63; or
     *     {@code null} if none was sent or it is not such a name ({@link #serverNameInvalid} tells)
     */
    public @Nullable String serverName() {
        return serverName;
    }

    /** {@return whether the extension {@code server_name} was sent, but with no valid host name in it} */
    public boolean serverNameInvalid() {
        return serverName == null && hasExtension(SERVER_NAME);
    }

    /**
     * The names of the extension ALPN (RFC 7301 §3.1) in the client's order of preference, such as {@code h2}.
     *
     * @return the names, each byte as the character of that number; empty if the extension was not sent
     */
    public List<String> applicationProtocols() {
        return applicationProtocols;
    }

    /** {@return the cipher suites in the client's order of preference} */
    public List<Integer> cipherSuites() {
        return new Numbers(cipherSuites);
    }

    /** {@return the types of the extensions in the order they came in} */
    public List<Integer> extensions() {
        return new Numbers(extensions);
    }

    /**
     * {@return whether an extension of this type was sent}
     *
     * @param type its number
     */
    public boolean hasExtension(int type) {
        return contains(extensions, type);
    }

    /** {@return the extension {@code supported_groups} (RFC 8446 §4.2.7), empty if it was not sent} */
    public List<Integer> groups() {
        return new Numbers(groups);
    }

    /** {@return the groups for which a key share came along (RFC 8446 §4.2.8), empty if the extension was not sent} */
    public List<Integer> keyShares() {
        return new Numbers(keyShares);
    }

    /** {@return the extension {@code signature_algorithms} (RFC 8446 §4.2.3), empty if it was not sent} */
    public List<Integer> signatureAlgorithms() {
        return new Numbers(signatureAlgorithms);
    }

    /** {@return the extension {@code ec_point_formats} (RFC 8422 §5.1.2), empty if it was not sent} */
    public List<Integer> pointFormats() {
        return new Numbers(pointFormats);
    }

    /** {@return whether a session id was sent; a client of TLS 1.3 may send a meaningless one (RFC 8446 §D.4)} */
    public boolean sessionIdOffered() {
        return sessionIdLength > 0;
    }

    /** {@return whether the client takes tickets of TLS 1.2 (RFC 5077), be it that it has one or wants one} */
    public boolean ticketsSupported() {
        return hasExtension(SESSION_TICKET);
    }

    /** {@return whether the client presents a ticket of TLS 1.2 (RFC 5077 §3.2)} */
    public boolean ticketOffered() {
        return ticketLength > 0;
    }

    /** {@return whether the client presents a pre-shared key, which is how TLS 1.3 resumes (RFC 8446 §4.2.11)} */
    public boolean preSharedKeyOffered() {
        return hasExtension(PRE_SHARED_KEY);
    }

    /** {@return whether early data follows (RFC 8446 §4.2.10)} */
    public boolean earlyDataOffered() {
        return hasExtension(EARLY_DATA);
    }

    /**
     * Whether the client asks to resume a session: by pre-shared key, by ticket, or by session id where it does not
     * offer TLS 1.3, in which the id means nothing.
     *
     * @return whether it does; whether the server agrees is another matter
     */
    public boolean resumptionOffered() {
        return preSharedKeyOffered() || ticketOffered() || sessionIdOffered() && !offersVersion(TLS13);
    }

    /**
     * JA3: legacy version, cipher suites, extensions, groups and point formats in decimal, in their order, without
     * GREASE. Browsers that shuffle their extensions have another one each time; {@link #ja4} does not mind.
     *
     * @return such as {@code 769,47-53-5-10,0-10-11,23-24-25,0}
     */
    public String ja3() {
        String text = ja3;
        if (text == null) {
            text = Fingerprints.ja3(legacyVersion, cipherSuites, extensions, groups, pointFormats);
            ja3 = text;
        }
        return text;
    }

    /** {@return the MD5 hash of {@link #ja3}, 32 hexadecimal digits in lower case} */
    public String ja3Hash() {
        String hash = ja3Hash;
        if (hash == null) {
            hash = Fingerprints.md5(ja3());
            ja3Hash = hash;
        }
        return hash;
    }

    /**
     * JA4: version, whether a server name was sent, counts and the first ALPN name in clear, then the hashes of the
     * sorted cipher suites and of the sorted extensions with the signature algorithms; without GREASE.
     *
     * @return such as {@code t13d1516h2_8daaf6152771_e5627efa2ab1}
     */
    public String ja4() {
        String text = ja4;
        if (text == null) {
            text = Fingerprints.ja4(this, cipherSuites, extensions, signatureAlgorithms, true);
            ja4 = text;
        }
        return text;
    }

    /** {@return JA4_r: {@link #ja4} with the lists themselves in place of their hashes} */
    public String ja4Raw() {
        return Fingerprints.ja4(this, cipherSuites, extensions, signatureAlgorithms, false);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClientHello that
                && legacyVersion == that.legacyVersion
                && sessionIdLength == that.sessionIdLength
                && ticketLength == that.ticketLength
                && Objects.equals(serverName, that.serverName)
                && applicationProtocols.equals(that.applicationProtocols)
                && Arrays.equals(supportedVersions, that.supportedVersions)
                && Arrays.equals(cipherSuites, that.cipherSuites)
                && Arrays.equals(extensions, that.extensions)
                && Arrays.equals(groups, that.groups)
                && Arrays.equals(keyShares, that.keyShares)
                && Arrays.equals(signatureAlgorithms, that.signatureAlgorithms)
                && Arrays.equals(pointFormats, that.pointFormats);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(cipherSuites) + Arrays.hashCode(extensions);
    }

    /** {@return version, server name, ALPN names and JA4, fit for a log: other than visible ASCII is escaped} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(96)
                .append(TlsNames.version(highestVersion()))
                .append(" sni=")
                .append(serverName == null ? "-" : serverName)
                .append(" alpn=");
        for (int i = 0; i < applicationProtocols.size(); i++) {
            out.append(i == 0 ? "" : ",").append(Fingerprints.printable(applicationProtocols.get(i)));
        }
        return out.append(applicationProtocols.isEmpty() ? "- ja4=" : " ja4=")
                .append(ja4())
                .toString();
    }

    private static boolean contains(int[] values, int wanted) {
        for (int value : values) {
            if (value == wanted) {
                return true;
            }
        }
        return false;
    }

    /** An array that nobody can change. */
    private static final class Numbers extends AbstractList<Integer> implements RandomAccess {
        private final int[] values;

        Numbers(int[] values) {
            this.values = values;
        }

        @Override
        public Integer get(int index) {
            return values[index];
        }

        @Override
        public int size() {
            return values.length;
        }
    }

    /**
     * Puts a hello together; what is not said is empty. For the reader of TLS, and for tests of what looks at hellos.
     * Not safe for several threads at once.
     */
    public static final class Builder {
        private int legacyVersion = 0x0303;
        private int[] supportedVersions = NONE;
        private @Nullable String serverName;
        private List<String> applicationProtocols = List.of();
        private int[] cipherSuites = NONE;
        private int[] extensions = NONE;
        private int[] groups = NONE;
        private int[] keyShares = NONE;
        private int[] signatureAlgorithms = NONE;
        private int[] pointFormats = NONE;
        private int sessionIdLength;
        private int ticketLength;

        /** A hello of legacy version 0x0303 with nothing in it. */
        public Builder() {}

        /**
         * {@return this, with the field {@code legacy_version}}
         *
         * @param version its number
         */
        public Builder legacyVersion(int version) {
            legacyVersion = version;
            return this;
        }

        /**
         * {@return this, with the versions of {@code supported_versions}}
         *
         * @param versions their numbers
         */
        public Builder supportedVersions(int... versions) {
            supportedVersions = versions.clone();
            return this;
        }

        /**
         * {@return this, with a host name; it is taken as it is}
         *
         * @param name it, or {@code null} for none
         */
        public Builder serverName(@Nullable String name) {
            serverName = name;
            return this;
        }

        /**
         * {@return this, with the names of ALPN}
         *
         * @param names each byte as the character of that number
         */
        public Builder applicationProtocols(List<String> names) {
            applicationProtocols = List.copyOf(names);
            return this;
        }

        /**
         * {@return this, with the cipher suites}
         *
         * @param suites their numbers
         */
        public Builder cipherSuites(int... suites) {
            cipherSuites = suites.clone();
            return this;
        }

        /**
         * {@return this, with the types of all extensions, also of those whose content is told by other methods}
         *
         * @param types their numbers
         */
        public Builder extensions(int... types) {
            extensions = types.clone();
            return this;
        }

        /**
         * {@return this, with the groups of {@code supported_groups}}
         *
         * @param ids their numbers
         */
        public Builder groups(int... ids) {
            groups = ids.clone();
            return this;
        }

        /**
         * {@return this, with the groups of the key shares}
         *
         * @param ids their numbers
         */
        public Builder keyShares(int... ids) {
            keyShares = ids.clone();
            return this;
        }

        /**
         * {@return this, with the signature algorithms}
         *
         * @param ids their numbers
         */
        public Builder signatureAlgorithms(int... ids) {
            signatureAlgorithms = ids.clone();
            return this;
        }

        /**
         * {@return this, with the point formats}
         *
         * @param ids their numbers
         */
        public Builder pointFormats(int... ids) {
            pointFormats = ids.clone();
            return this;
        }

        /**
         * {@return this, with the length of the session id in bytes}
         *
         * @param bytes 0 if there is none
         */
        public Builder sessionIdLength(int bytes) {
            sessionIdLength = bytes;
            return this;
        }

        /**
         * {@return this, with the length of the ticket of TLS 1.2 in bytes}
         *
         * @param bytes 0 if there is none
         */
        public Builder ticketLength(int bytes) {
            ticketLength = bytes;
            return this;
        }

        /** {@return the hello} */
        public ClientHello build() {
            return new ClientHello(this);
        }
    }
}
