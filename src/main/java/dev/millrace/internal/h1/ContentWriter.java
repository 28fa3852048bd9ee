package dev.millrace.internal.h1;

import dev.millrace.http.Headers;
import dev.millrace.internal.transport.Transport;

/** Sends content with what its framing puts around it (RFC 9112 §7.1), in either direction. One for each loop. */
final class ContentWriter {
    private static final byte[] CRLF = {'\r', '\n'};

    private final MessageEncoder encoder;

    ContentWriter(MessageEncoder encoder) {
        this.encoder = encoder;
    }

    /** Sends a piece of content that nobody changes any more; an empty one must not be given, since it would look like the end. */
    void write(Transport transport, ContentFraming framing, byte[] bytes, int offset, int length) {
        if (framing == ContentFraming.CHUNKED) {
            encoder.chunkSize(length);
            encoder.writeTo(transport);
            transport.writeStable(bytes, offset, length);
            transport.write(CRLF, 0, 2);
        } else {
            transport.writeStable(bytes, offset, length);
        }
    }

    /** The content is complete. */
    void end(Transport transport, ContentFraming framing, Headers trailers) {
        if (framing == ContentFraming.CHUNKED) {
            encoder.lastChunk(trailers);
            encoder.writeTo(transport);
        }
    }
}
