package dev.millrace.internal.h1;

import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;

/** A version of HTTP whose peers begin with something else than a request of HTTP/1.1, so that one port can speak both. */
public interface OtherVersion {
    /** What the first bytes of a connection say. */
    enum Match {
        /** They begin like this version, and more must come. */
        PERHAPS,
        /** They are this version's. */
        YES,
        /** They are not. */
        NO
    }

    /**
     * {@return what the first bytes of a connection say}
     *
     * @param bytes holds the bytes
     * @param offset of the first one
     * @param end after the last one
     */
    Match match(byte[] bytes, int offset, int end);

    /**
     * Makes a connection that is going to be shown the same bytes.
     *
     * @param transport its lower end
     * @param firstByteNanos how long its first byte was waited for
     * @return its upper end
     */
    Protocol create(Transport transport, long firstByteNanos);
}
