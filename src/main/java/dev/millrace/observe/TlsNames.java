package dev.millrace.observe;

/**
 * The names of TLS's numbers: IANA's for those that are met in practice. Any other number is told as {@code 0x} and
 * four hexadecimal digits, and those of GREASE (RFC 8701) as {@code GREASE}.
 */
public final class TlsNames {
    private TlsNames() {}

    /**
     * {@return whether a cipher suite, extension, group, version or signature algorithm is GREASE (RFC 8701 §2)}
     *
     * @param value the number
     */
    public static boolean isGrease(int value) {
        return (value & 0x0f0f) == 0x0a0a && value >>> 8 == (value & 0xff);
    }

    /**
     * {@return whether a name of ALPN is GREASE: two equal bytes of the form 0x?A (RFC 8701 §2)}
     *
     * @param name the name, each byte as the character of that number
     */
    public static boolean isGreaseProtocol(String name) {
        return name.length() == 2 && isGrease(name.charAt(0) << 8 | name.charAt(1));
    }

    /**
     * {@return the name of a protocol version, spelt as {@code SSLEngine} spells it: {@code TLSv1.3}}
     *
     * @param version its number
     */
    public static String version(int version) {
        switch (version) {
            case 0x0304:
                return "TLSv1.3";
            case 0x0303:
                return "TLSv1.2";
            case 0x0302:
                return "TLSv1.1";
            case 0x0301:
                return "TLSv1";
            case 0x0300:
                return "SSLv3";
            case 0x0002:
                return "SSLv2";
            default:
                return other(version);
        }
    }

    /**
     * {@return the name of a cipher suite: {@code TLS_AES_128_GCM_SHA256}}
     *
     * @param suite its number
     */
    public static String cipherSuite(int suite) {
        switch (suite) {
            case 0x0004:
                return "TLS_RSA_WITH_RC4_128_MD5";
            case 0x0005:
                return "TLS_RSA_WITH_RC4_128_SHA";
            case 0x000a:
                return "TLS_RSA_WITH_3DES_EDE_CBC_SHA";
            case 0x0016:
                return "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA";
            case 0x002f:
                return "TLS_RSA_WITH_AES_128_CBC_SHA";
            case 0x0032:
                return "TLS_DHE_DSS_WITH_AES_128_CBC_SHA";
            case 0x0033:
                return "TLS_DHE_RSA_WITH_AES_128_CBC_SHA";
            case 0x0035:
                return "TLS_RSA_WITH_AES_256_CBC_SHA";
            case 0x0038:
                return "TLS_DHE_DSS_WITH_AES_256_CBC_SHA";
            case 0x0039:
                return "TLS_DHE_RSA_WITH_AES_256_CBC_SHA";
            case 0x003c:
                return "TLS_RSA_WITH_AES_128_CBC_SHA256";
            case 0x003d:
                return "TLS_RSA_WITH_AES_256_CBC_SHA256";
            case 0x0067:
                return "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256";
            case 0x006b:
                return "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256";
            case 0x009c:
                return "TLS_RSA_WITH_AES_128_GCM_SHA256";
            case 0x009d:
                return "TLS_RSA_WITH_AES_256_GCM_SHA384";
            case 0x009e:
                return "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
            case 0x009f:
                return "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384";
            case 0x00ff:
                return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";
            case 0x1301:
                return "TLS_AES_128_GCM_SHA256";
            case 0x1302:
                return "TLS_AES_256_GCM_SHA384";
            case 0x1303:
                return "TLS_CHACHA20_POLY1305_SHA256";
            case 0x1304:
                return "TLS_AES_128_CCM_SHA256";
            case 0x1305:
                return "TLS_AES_128_CCM_8_SHA256";
            case 0x5600:
                return "TLS_FALLBACK_SCSV";
            case 0xc007:
                return "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA";
            case 0xc008:
                return "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA";
            case 0xc009:
                return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
            case 0xc00a:
                return "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA";
            case 0xc011:
                return "TLS_ECDHE_RSA_WITH_RC4_128_SHA";
            case 0xc012:
                return "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA";
            case 0xc013:
                return "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
            case 0xc014:
                return "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA";
            case 0xc023:
                return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256";
            case 0xc024:
                return "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384";
            case 0xc027:
                return "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256";
            case 0xc028:
                return "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384";
            case 0xc02b:
                return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
            case 0xc02c:
                return "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
            case 0xc02f:
                return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
            case 0xc030:
                return "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
            case 0xcca8:
                return "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
            case 0xcca9:
                return "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
            case 0xccaa:
                return "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
            default:
                return other(suite);
        }
    }

    /**
     * {@return the name of a group of the key exchange: {@code x25519}}
     *
     * @param group its number
     */
    public static String group(int group) {
        switch (group) {
            case 23:
                return "secp256r1";
            case 24:
                return "secp384r1";
            case 25:
                return "secp521r1";
            case 29:
                return "x25519";
            case 30:
                return "x448";
            case 256:
                return "ffdhe2048";
            case 257:
                return "ffdhe3072";
            case 258:
                return "ffdhe4096";
            case 259:
                return "ffdhe6144";
            case 260:
                return "ffdhe8192";
            case 0x0200:
                return "MLKEM512";
            case 0x0201:
                return "MLKEM768";
            case 0x0202:
                return "MLKEM1024";
            case 0x11eb:
                return "SecP256r1MLKEM768";
            case 0x11ec:
                return "X25519MLKEM768";
            case 0x11ed:
                return "SecP384r1MLKEM1024";
            default:
                return other(group);
        }
    }

    /**
     * {@return the name of a signature scheme: {@code ecdsa_secp256r1_sha256}}
     *
     * @param scheme its number
     */
    public static String signatureAlgorithm(int scheme) {
        switch (scheme) {
            case 0x0201:
                return "rsa_pkcs1_sha1";
            case 0x0203:
                return "ecdsa_sha1";
            case 0x0401:
                return "rsa_pkcs1_sha256";
            case 0x0403:
                return "ecdsa_secp256r1_sha256";
            case 0x0501:
                return "rsa_pkcs1_sha384";
            case 0x0503:
                return "ecdsa_secp384r1_sha384";
            case 0x0601:
                return "rsa_pkcs1_sha512";
            case 0x0603:
                return "ecdsa_secp521r1_sha512";
            case 0x0804:
                return "rsa_pss_rsae_sha256";
            case 0x0805:
                return "rsa_pss_rsae_sha384";
            case 0x0806:
                return "rsa_pss_rsae_sha512";
            case 0x0807:
                return "ed25519";
            case 0x0808:
                return "ed448";
            case 0x0809:
                return "rsa_pss_pss_sha256";
            case 0x080a:
                return "rsa_pss_pss_sha384";
            case 0x080b:
                return "rsa_pss_pss_sha512";
            case 0x0904:
                return "mldsa44";
            case 0x0905:
                return "mldsa65";
            case 0x0906:
                return "mldsa87";
            default:
                return other(scheme);
        }
    }

    /** Four hexadecimal digits in lower case. */
    static void appendHex(StringBuilder out, int value) {
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append(Character.forDigit(value >>> shift & 0xf, 16));
        }
    }

    private static String other(int value) {
        if (isGrease(value)) {
            return "GREASE";
        }
        StringBuilder out = new StringBuilder(6).append("0x");
        appendHex(out, value);
        return out.toString();
    }
}
