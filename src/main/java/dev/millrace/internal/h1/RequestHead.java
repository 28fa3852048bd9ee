package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.RequestContext;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;

/**
 * A request line and a header section that kept every rule of RFC 9112. Immutable and safe for any thread.
 */
public final class RequestHead {
    /** How the end of a request's content is found (RFC 9112 §6.3). */
    public enum Framing {
        /** There is no content. */
        NONE,
        /** Content-Length tells its length, which may be 0. */
        LENGTH,
        /** It comes in chunks. */
        CHUNKED
    }

    private final Method method;
    private final RequestTarget target;
    private final Version version;
    private final HeaderSection section;

    RequestHead(Method method, RequestTarget target, Version version, HeaderSection section) {
        this.method = method;
        this.target = target;
        this.version = version;
        this.section = section;
    }

    /** {@return the method} */
    public Method method() {
        return method;
    }

    /** {@return the request target as it was sent (RFC 9112 §3.2)} */
    public String target() {
        return target.text();
    }

    /** {@return HTTP/1.0, or HTTP/1.1 for it and any later minor version (RFC 9110 §2.5)} */
    public Version version() {
        return version;
    }

    /** {@return the fields in order of sending} */
    public Headers headers() {
        return section.headers();
    }

    /**
     * {@return the host and port that the request is for: of the target in absolute or authority form, else the value of
     * Host; "" for an HTTP/1.0 request that says neither}
     */
    public String authority() {
        String authority = target.authority();
        return authority != null ? authority : section.host();
    }

    /** {@return "http" or "https" for a target in absolute form, else {@code null}} */
    public @Nullable String scheme() {
        return target.scheme();
    }

    /**
     * {@return the target's path as it was sent, without the query; "/" for an absolute form without path, "*" for the
     * asterisk form, "" for the authority form}
     */
    public String path() {
        return target.path();
    }

    /** {@return the target's query as it was sent, without the "?", or {@code null} if there is no "?"} */
    public @Nullable String query() {
        return target.query();
    }

    /** {@return how the end of the content is found} */
    public Framing framing() {
        return section.framing();
    }

    /** {@return the length of the content in bytes: 0 for {@link Framing#NONE}, -1 for {@link Framing#CHUNKED}} */
    public long contentLength() {
        return section.contentLength();
    }

    /** {@return whether the client lets the connection persist after this request (RFC 9112 §9.3)} */
    public boolean keepAlive() {
        return section.keepAlive();
    }

    /** {@return whether the client waits for a 100 before it sends content (RFC 9110 §10.1.1)} */
    public boolean expectContinue() {
        return section.expectContinue();
    }

    /** {@return whether the client offers to change the protocol: Upgrade, named in Connection (RFC 9110 §7.8)} */
    public boolean upgradeRequested() {
        return section.upgradeRequested();
    }

    /**
     * The request as handlers see it.
     *
     * @param ownScheme of the connection
     * @param content what follows the head
     * @param context what else the request knows
     * @return the request
     */
    Request asked(String ownScheme, Body content, RequestContext context) {
        String scheme = scheme();
        return new Request(
                method,
                target(),
                scheme != null ? scheme : ownScheme,
                authority(),
                path(),
                query(),
                version,
                headers(),
                content,
                context);
    }

    @Override
    public String toString() {
        return method + " " + target.text() + " " + version;
    }
}
