package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ClientHello;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Decodes the body of one ClientHello (RFC 8446 §4.1.2), which is there whole and in one piece. */
final class ClientHelloDecoder {
    /** The most names of ALPN: as strings they take many times the bytes they came in. */
    static final int MAX_PROTOCOLS = 128;

    private static final int RANDOM = 32;
    private static final int MAX_SESSION_ID = 32;
    private static final int MAX_NAME = 255;
    private static final int MAX_LABEL = 63;
    private static final int HOST_NAME = 0;

    private static final int SERVER_NAME = 0;
    private static final int SUPPORTED_GROUPS = 10;
    private static final int EC_POINT_FORMATS = 11;
    private static final int SIGNATURE_ALGORITHMS = 13;
    private static final int ALPN = 16;
    private static final int SESSION_TICKET = 35;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int KEY_SHARE = 51;

    private final byte[] bytes;
    private final int end;
    private final ClientHello.Builder builder = new ClientHello.Builder();

    private int at;
    private String problem = "";
    private boolean overBound;

    /**
     * A decoder of one message.
     *
     * @param bytes holds the message
     * @param start where its body starts, after type and length
     * @param end where it ends
     */
    ClientHelloDecoder(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    /** {@return the hello, or {@code null} if it cannot be read: then {@link #problem} says why} */
    @Nullable
    ClientHello decode() {
        if (end - at < 2 + RANDOM) {
            fail("a ClientHello without a random");
            return null;
        }
        builder.legacyVersion(u16());
        at += RANDOM;

        int sessionId = vector(1, end);
        if (sessionId < 0 || sessionId - at > MAX_SESSION_ID) {
            fail("session_id");
            return null;
        }
        builder.sessionIdLength(sessionId - at);
        at = sessionId;

        int suites = vector(2, end);
        int[] cipherSuites = suites < 0 ? null : numbers(suites, 2);
        if (cipherSuites == null) {
            fail("cipher_suites");
            return null;
        }
        builder.cipherSuites(cipherSuites);

        int compression = vector(1, end);
        if (compression <= at) {
            fail("compression_methods");
            return null;
        }
        at = compression;
        // A client of TLS 1.2 or older may leave the extensions out altogether (RFC 5246 §7.4.1.2).
        return at == end || extensions() ? builder.build() : null;
    }

    /** {@return what is wrong, empty if nothing is} */
    String problem() {
        return problem;
    }

    /** {@return whether what is wrong is only a bound of ours} */
    boolean overBound() {
        return overBound;
    }

    private boolean extensions() {
        if (vector(2, end) != end) {
            return fail("the length of the extensions");
        }
        int[] types = new int[16];
        int count = 0;
        while (at < end) {
            if (end - at < 4) {
                return fail("an extension's header");
            }
            int type = u16();
            int extensionEnd = vector(2, end);
            if (extensionEnd < 0) {
                return fail("an extension's length");
            }
            if (count == types.length) {
                types = Arrays.copyOf(types, count * 2);
            }
            types[count++] = type;
            if (!extension(type, extensionEnd)) {
                return fail("an extension's content");
            }
            at = extensionEnd;
        }
        types = Arrays.copyOf(types, count);
        builder.extensions(types);
        return !hasDuplicate(types) || fail("an extension that comes twice");
    }

    /** The content of the extensions that matter here; others are not looked into. */
    private boolean extension(int type, int limit) {
        switch (type) {
            case SERVER_NAME:
                return serverNames(limit) || fail("server_name");
            case SUPPORTED_GROUPS:
                int[] groups = list(2, 2, limit);
                return groups == null ? fail("supported_groups") : is(builder.groups(groups));
            case EC_POINT_FORMATS:
                int[] formats = list(1, 1, limit);
                return formats == null ? fail("ec_point_formats") : is(builder.pointFormats(formats));
            case SIGNATURE_ALGORITHMS:
                int[] algorithms = list(2, 2, limit);
                return algorithms == null ? fail("signature_algorithms") : is(builder.signatureAlgorithms(algorithms));
            case SUPPORTED_VERSIONS:
                int[] versions = list(1, 2, limit);
                return versions == null ? fail("supported_versions") : is(builder.supportedVersions(versions));
            case ALPN:
                return protocols(limit) || fail("application_layer_protocol_negotiation");
            case SESSION_TICKET:
                return is(builder.ticketLength(limit - at));
            case KEY_SHARE:
                return keyShares(limit) || fail("key_share");
            default:
                return true;
        }
    }

    private static boolean is(ClientHello.Builder builder) {
        return builder != null;
    }

    /** RFC 6066 §3: a list of names of different types, of which only host names exist. */
    private boolean serverNames(int limit) {
        if (vector(2, limit) != limit || at == limit) {
            return false;
        }
        boolean seen = false;
        while (at < limit) {
            int type = bytes[at++];
            int nameEnd = vector(2, limit);
            if (nameEnd <= at || type == HOST_NAME && seen) {
                return false;
            }
            if (type == HOST_NAME) {
                seen = true;
                builder.serverName(hostName(nameEnd));
            }
            at = nameEnd;
        }
        return true;
    }

    /** A host name in lower case, or {@code null} if the bytes are not one. */
    private @Nullable String hostName(int limit) {
        int length = limit - at;
        if (length > MAX_NAME) {
            return null;
        }
        byte[] name = new byte[length];
        int label = 0;
        for (int i = 0; i < length; i++) {
            int c = Ascii.lower(bytes[at + i]);
            if (c == '.') {
                if (label == 0) {
                    return null;
                }
                label = 0;
            } else if ((c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') && label < MAX_LABEL) {
                label++;
            } else {
                return null;
            }
            name[i] = (byte) c;
        }
        return label == 0 ? null : new String(name, StandardCharsets.ISO_8859_1);
    }

    /** RFC 7301 §3.1. */
    private boolean protocols(int limit) {
        if (vector(2, limit) != limit || at == limit) {
            return false;
        }
        List<String> names = new ArrayList<>(2);
        while (at < limit) {
            int nameEnd = vector(1, limit);
            if (nameEnd <= at) {
                return false;
            }
            if (names.size() == MAX_PROTOCOLS) {
                overBound = true;
                return fail("more than " + MAX_PROTOCOLS + " names of ALPN");
            }
            names.add(protocol(nameEnd));
            at = nameEnd;
        }
        builder.applicationProtocols(names);
        return true;
    }

    private String protocol(int limit) {
        int length = limit - at;
        if (length == 2 && bytes[at] == 'h' && bytes[at + 1] == '2') {
            return "h2"; // nearly every client offers it: no copy of it for each
        }
        return new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    }

    /** RFC 8446 §4.2.8; the list may be empty. */
    private boolean keyShares(int limit) {
        if (vector(2, limit) != limit) {
            return false;
        }
        int[] groups = new int[4];
        int count = 0;
        while (at < limit) {
            if (limit - at < 4) {
                return false;
            }
            if (count == groups.length) {
                groups = Arrays.copyOf(groups, count * 2);
            }
            groups[count++] = u16();
            int keyEnd = vector(2, limit);
            if (keyEnd <= at) {
                return false;
            }
            at = keyEnd;
        }
        builder.keyShares(Arrays.copyOf(groups, count));
        return true;
    }

    private static boolean hasDuplicate(int[] types) {
        int[] sorted = types.clone();
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] == sorted[i - 1]) {
                return true;
            }
        }
        return false;
    }

    /** A vector that fills the space up to the limit, as numbers; {@code null} if it does not, or is empty. */
    private int @Nullable [] list(int lengthBytes, int width, int limit) {
        return vector(lengthBytes, limit) == limit ? numbers(limit, width) : null;
    }

    /** The numbers up to a limit; {@code null} if there is none or half a one. */
    private int @Nullable [] numbers(int limit, int width) {
        int length = limit - at;
        if (length == 0 || length % width != 0) {
            return null;
        }
        int[] values = new int[length / width];
        for (int i = 0; i < values.length; i++) {
            values[i] = width == 1 ? bytes[at++] & 0xff : u16();
        }
        return values;
    }

    /** Steps past a vector's length; returns where the vector ends, or -1 if it is cut off or passes the limit. */
    private int vector(int lengthBytes, int limit) {
        if (limit - at < lengthBytes) {
            return -1;
        }
        int length = lengthBytes == 1 ? bytes[at++] & 0xff : u16();
        return length > limit - at ? -1 : at + length;
    }

    private int u16() {
        int value = (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
        at += 2;
        return value;
    }

    /** Keeps the first, most exact word on what is wrong. */
    private boolean fail(String what) {
        if (problem.isEmpty()) {
            problem = what;
        }
        return false;
    }
}
