package dev.millrace.http;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A request (RFC 9110 §3.4): immutable apart from its body, which can be read once. Server and client share the type; a
 * test builds one with {@link #builder(Method, String)} and needs no server. Safe for any thread.
 */
public final class Request {
    private final Method method;
    private final String target;
    private final String scheme;
    private final String authority;
    private final String path;
    private final @Nullable String query;
    private final Version version;
    private final Headers headers;
    private final Body body;
    private final RequestContext context;

    /**
     * A request out of parts that a decoder has already checked. For protocols; everybody else wants
     * {@link #builder(Method, String)}.
     *
     * @param method the method
     * @param target the request target as it was sent
     * @param scheme {@code http} or {@code https}
     * @param authority host and optional port, empty if the peer named none
     * @param path the target's path as it was sent
     * @param query the target's query as it was sent, or {@code null}
     * @param version the version that carried the request
     * @param headers the header section
     * @param body the content
     * @param context what is known of the connection
     */
    public Request(
            Method method,
            String target,
            String scheme,
            String authority,
            String path,
            @Nullable String query,
            Version version,
            Headers headers,
            Body body,
            RequestContext context) {
        this.method = method;
        this.target = target;
        this.scheme = scheme;
        this.authority = authority;
        this.path = path;
        this.query = query;
        this.version = version;
        this.headers = headers;
        this.body = body;
        this.context = context;
    }

    /**
     * Starts a request.
     *
     * @param method the method
     * @param target the target in origin-form, such as {@code /a?b=c}, or {@code *}
     * @return a builder with no header, no body, HTTP/1.1 and no connection
     * @throws IllegalArgumentException if the target is empty or holds what must be percent-encoded
     */
    public static Builder builder(Method method, String target) {
        Builder.checkTarget(target);
        int question = target.indexOf('?');
        return new Builder(
                method,
                target,
                question < 0 ? target : target.substring(0, question),
                question < 0 ? null : target.substring(question + 1));
    }

    /**
     * Starts a client's request.
     *
     * @param method the method
     * @param url an {@code http} or {@code https} URL (RFC 9110 §4.2) with what needs it percent-encoded; a fragment is left
     *     out, for it is not sent (§4.2.5)
     * @return a builder with no header, no body, and what the URL says
     * @throws IllegalArgumentException for another scheme, no host, a user or password (RFC 9110 §4.2.4), or characters that
     *     must be percent-encoded
     */
    public static Builder to(Method method, String url) {
        int scheme = url.indexOf("://");
        if (scheme < 0) {
            throw new IllegalArgumentException("not a URL, which begins with http:// or https:// (RFC 9110 §4.2): \""
                    + Ascii.printable(url) + "\"");
        }
        int authority = scheme + 3;
        int fragment = url.indexOf('#', authority);
        int end = fragment < 0 ? url.length() : fragment;
        int path = authority;
        while (path < end && url.charAt(path) != '/' && url.charAt(path) != '?') {
            path++;
        }
        if (path == authority) {
            throw new IllegalArgumentException(
                    "the URL has no host (RFC 9110 §4.2.1): \"" + Ascii.printable(url) + "\"");
        }
        String target = url.substring(path, end);
        return builder(method, target.startsWith("/") ? target : "/" + target)
                .scheme(url.substring(0, scheme).toLowerCase(Locale.ROOT))
                .authority(url.substring(authority, path));
    }

    /**
     * A request for a resource (RFC 9110 §9.3.1).
     *
     * @param url as for {@link #to}
     * @return a GET without fields
     * @throws IllegalArgumentException as {@link #to} does
     */
    public static Request get(String url) {
        return to(Method.GET, url).build();
    }

    /**
     * A request with content (RFC 9110 §9.3.3).
     *
     * @param url as for {@link #to}
     * @param contentType the content's media type
     * @param body the content
     * @return a POST
     * @throws IllegalArgumentException as {@link #to} does, or if the type cannot stand in a field value
     */
    public static Request post(String url, String contentType, Body body) {
        return to(Method.POST, url)
                .header(FieldName.CONTENT_TYPE, contentType)
                .body(body)
                .build();
    }

    /** {@return the method} */
    public Method method() {
        return method;
    }

    /** {@return the request target as it was sent (RFC 9112 §3.2); over HTTP/2 the {@code :path}} */
    public String target() {
        return target;
    }

    /** {@return {@code http} or {@code https}} */
    public String scheme() {
        return scheme;
    }

    /** {@return host and optional port that the request is for (RFC 9110 §7.2), empty if the peer named none} */
    public String authority() {
        return authority;
    }

    /** {@return the path as it was sent, percent-encoding and all, without the query; {@code *} for the whole server} */
    public String path() {
        return path;
    }

    /**
     * The path with its percent-encoding undone, for comparing it: {@code /a%62c} and {@code /abc} are the same. An encoded
     * slash is data and not the end of a segment, so it stays encoded.
     *
     * @return the path, its octets read as UTF-8; as it was sent if an escape in it is malformed
     */
    public String decodedPath() {
        if (path.indexOf('%') < 0) {
            return path;
        }
        // a form's fields write a space as a plus, a path does not
        String form = path.replace("+", "%2B").replace("%2F", "%252F").replace("%2f", "%252F");
        try {
            return URLDecoder.decode(form, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformedEscape) {
            return path;
        }
    }

    /** {@return the query as it was sent, without its question mark; empty if there is none} */
    public String query() {
        return query == null ? "" : query;
    }

    /**
     * The first value of a parameter of the query, read as a form's fields are.
     *
     * @param name the decoded name
     * @return the decoded value (empty text if it has no {@code =}), or nothing if the query does not have it
     */
    public Optional<String> parameter(String name) {
        String all = query();
        for (int start = 0, end; start < all.length(); start = end + 1) {
            int and = all.indexOf('&', start);
            end = and < 0 ? all.length() : and;
            if (start == end) {
                continue; // nothing between two &
            }
            String pair = all.substring(start, end);
            int equals = pair.indexOf('=');
            if (decode(equals < 0 ? pair : pair.substring(0, equals)).equals(name)) {
                return Optional.of(equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
        }
        return Optional.empty();
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformedEscape) {
            return text;
        }
    }

    /** {@return the version that carried the request} */
    public Version version() {
        return version;
    }

    /** {@return the header section} */
    public Headers headers() {
        return headers;
    }

    /**
     * Whether the peer offers to go on with another protocol on this connection (RFC 9110 §7.8), or asks for it on this stream
     * of HTTP/2 by an extended CONNECT (RFC 8441), which {@link Response#switchingProtocols} then accepts.
     *
     * @param protocol the protocol's name, such as {@code websocket}, in any case
     * @return whether the request offers it in a way that counts
     */
    public boolean upgradeOffered(String protocol) {
        String asked = context.connectProtocol();
        if (asked != null) {
            return asked.equalsIgnoreCase(protocol);
        }
        return version == Version.HTTP_1_1
                && headers.hasToken(FieldName.CONNECTION, "upgrade")
                && headers.hasToken(FieldName.UPGRADE, protocol);
    }

    /** {@return the content, which can be read once} */
    public Body body() {
        return body;
    }

    /** {@return what is known of the connection that brought the request} */
    public RequestContext context() {
        return context;
    }

    /** {@return the peer's address, or {@code null} where there is none, as in a test} */
    public @Nullable InetSocketAddress remoteAddress() {
        return context.remoteAddress();
    }

    /** {@return version, suite, names and the peer's certificates of the TLS connection, or {@code null} in the clear} */
    public @Nullable TlsInfo tls() {
        return context.tls();
    }

    /** {@return completes when nobody waits for the response any more: {@link RequestContext#cancelled()}} */
    public CompletionStage<Void> cancelled() {
        return context.cancelled();
    }

    /**
     * Sends an interim response such as 103 Early Hints: {@link RequestContext#inform(Status, Headers)}.
     *
     * @param status a 1xx status other than 101
     * @param headers the interim response's fields
     */
    public void inform(Status status, Headers headers) {
        context.inform(status, headers);
    }

    /** {@return a builder that starts with this request's parts, for a middleware that changes some} */
    public Builder toBuilder() {
        // the path as it is: the server took it out of a target that may be in absolute-form
        Builder builder = new Builder(method, target, path, query);
        builder.scheme = scheme;
        builder.authority = authority;
        builder.version = version;
        builder.headers = headers.toBuilder();
        builder.body = body;
        builder.context = context;
        return builder;
    }

    /** {@return the request line, for a log} */
    @Override
    public String toString() {
        return method + " " + target + " " + version + (authority.isEmpty() ? "" : " (" + authority + ")");
    }

    /** Collects the parts of a {@link Request}. Not safe for several threads at once. */
    public static final class Builder {
        private final Method method;
        private final String target;
        private final String path;
        private final @Nullable String query;
        private String scheme = "http";
        private @Nullable String authority;
        private Version version = Version.HTTP_1_1;
        private Headers.Builder headers = Headers.builder();
        private Body body = Body.empty();
        private RequestContext context = RequestContext.detached();

        private Builder(Method method, String target, String path, @Nullable String query) {
            this.method = method;
            this.target = target;
            this.path = path;
            this.query = query;
        }

        private static void checkTarget(String target) {
            for (int i = 0; i < target.length(); i++) {
                char c = target.charAt(i);
                if (c <= ' ' || c >= 0x7f || c == '#') {
                    throw new IllegalArgumentException("the request target has a character at index " + i
                            + " that must be percent-encoded (RFC 9112 §3.2)");
                }
            }
            if (target.isEmpty()) {
                throw new IllegalArgumentException("the request target is empty: use \"/\" (RFC 9112 §3.2.1)");
            }
        }

        /**
         * Sets the scheme; {@code http} if not called.
         *
         * @param value {@code http} or {@code https}
         * @return this
         * @throws IllegalArgumentException for any other scheme
         */
        public Builder scheme(String value) {
            if (!value.equals("http") && !value.equals("https")) {
                throw new IllegalArgumentException(
                        "the scheme is http or https (RFC 9110 §4.2), not \"" + Ascii.printable(value) + "\"");
            }
            scheme = value;
            return this;
        }

        /**
         * Sets the authority; the {@code Host} field's value if not called.
         *
         * @param value host and optional port
         * @return this
         * @throws IllegalArgumentException for white space, control or non-ASCII characters, a user or a path
         */
        public Builder authority(String value) {
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c <= ' ' || c >= 0x7f || "/?#@\\".indexOf(c) >= 0) {
                    throw new IllegalArgumentException(
                            "not an authority (RFC 9110 §7.2 wants host and optional port): \"" + Ascii.printable(value)
                                    + "\"");
                }
            }
            authority = value;
            return this;
        }

        /**
         * Sets the version; HTTP/1.1 if not called.
         *
         * @param value the version
         * @return this
         */
        public Builder version(Version value) {
            version = value;
            return this;
        }

        /**
         * Adds a header field.
         *
         * @param name the field's name
         * @param value the field's value
         * @return this
         * @throws IllegalArgumentException for a bad name or value
         */
        public Builder header(String name, String value) {
            headers.add(name, value);
            return this;
        }

        /**
         * Replaces the whole header section.
         *
         * @param value the fields
         * @return this
         */
        public Builder headers(Headers value) {
            headers = value.toBuilder();
            return this;
        }

        /**
         * Sets the content; none if not called.
         *
         * @param value the content
         * @return this
         */
        public Builder body(Body value) {
            body = value;
            return this;
        }

        /**
         * Sets what the request knows of its connection; {@link RequestContext#detached()} if not called.
         *
         * @param value the context
         * @return this
         */
        public Builder context(RequestContext value) {
            context = value;
            return this;
        }

        /** {@return the request} */
        public Request build() {
            Headers built = headers.build();
            String host =
                    authority != null ? authority : built.first(FieldName.HOST).orElse("");
            return new Request(method, target, scheme, host, path, query, version, built, body, context);
        }
    }
}
