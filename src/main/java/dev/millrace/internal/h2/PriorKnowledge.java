package dev.millrace.internal.h2;

import dev.millrace.internal.h1.OtherVersion;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;

/**
 * Lets a port that speaks HTTP/1.1 in the clear speak HTTP/2 with clients that know that it does, and begin with the preface
 * (RFC 9113 §3.3).
 *
 * @param context what the connections share
 */
public record PriorKnowledge(Http2ServerContext context) implements OtherVersion {
    @Override
    public Match match(byte[] bytes, int offset, int end) {
        int n = Preface.match(bytes, offset, end, 0);
        return n < 0 ? Match.NO : n < Preface.LENGTH ? Match.PERHAPS : Match.YES;
    }

    @Override
    public Protocol create(Transport transport, long firstByteNanos) {
        return new Http2ServerConnection(transport, context, firstByteNanos);
    }
}
