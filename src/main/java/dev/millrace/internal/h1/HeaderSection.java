package dev.millrace.internal.h1;

import dev.millrace.http.Headers;

/**
 * The fields of a request and what they say about the message and its connection.
 *
 * @param headers the fields
 * @param host the value of Host, "" if there is none
 * @param framing how the end of the content is found
 * @param contentLength the content's length where it is known, else -1
 * @param keepAlive whether the connection may persist (RFC 9112 §9.3)
 * @param expectContinue whether the client waits for 100 (RFC 9110 §10.1.1)
 * @param upgradeRequested whether the client offers another protocol (RFC 9110 §7.8)
 */
record HeaderSection(
        Headers headers,
        String host,
        RequestHead.Framing framing,
        long contentLength,
        boolean keepAlive,
        boolean expectContinue,
        boolean upgradeRequested) {}
