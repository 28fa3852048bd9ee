package dev.millrace.testkit;

import dev.millrace.http.Headers;
import dev.millrace.internal.hpack.HpackDecoder;
import dev.millrace.internal.hpack.HpackException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** Decodes the header blocks that a peer receives, each once and in order. A pseudo-header field's colon becomes {@code _}. */
final class HpackReader {
    private final HpackDecoder decoder = new HpackDecoder(4096, 1 << 20);
    private final IdentityHashMap<Http2Frame, Headers> done = new IdentityHashMap<>();

    Headers decodeOnce(Http2Frame frame) {
        return done.computeIfAbsent(frame, this::decode);
    }

    private Headers decode(Http2Frame frame) {
        List<String> lines = new ArrayList<>();
        try {
            decoder.decode(frame.payload(), 0, frame.payload().length, field -> {
                lines.add(field.name().replace(':', '_'));
                lines.add(field.value());
            });
        } catch (HpackException e) {
            throw new AssertionError("a header block that cannot be decoded: " + frame, e);
        }
        return Headers.of(lines.toArray(new String[0]));
    }
}
