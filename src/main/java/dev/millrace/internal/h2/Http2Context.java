package dev.millrace.internal.h2;

import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.hpack.BlockReader;

/** What HTTP/2 connections of one role on one loop share. Not safe for several threads at once. */
abstract class Http2Context {
    /** What may wait for a peer that does not read before its further frames wait, too, as a multiple of what DATA may. */
    private static final int UNSENT_FACTOR = 4;

    /** How long a header block may be before it is not even decompressed, as a multiple of a section of fields. */
    private static final int BLOCK_FACTOR = 4;

    /** What of all streams' content waits in memory, as a multiple of what one stream's may. */
    private static final int HELD_FACTOR = 8;

    /** What a connection that lingers may still be sent, as a multiple of what is worth discarding of a request. */
    private static final int LINGER_FACTOR = 256;

    private static final int FILE_BUFFER = 16 << 10;

    final Limits limits;
    final Http2Limits http2;
    final TrailerReader trailers;

    /** Where frames are encoded; good until the next call. */
    final FrameEncoder encoder;

    /** Where header blocks are decoded. */
    final BlockReader blocks;

    /** What this side says first. */
    final byte[] preface;

    final int maxBlock;
    final long maxUnsent;
    final long maxHeld;
    final long maxLinger;
    final Http2Deadlines.Spans spans;
    private byte[] fileBuffer = new byte[0];

    /**
     * A context.
     *
     * @param limits the bounds
     * @param timeouts the deadlines
     * @param preface what this side says first
     */
    Http2Context(Limits limits, Timeouts timeouts, byte[] preface) {
        this.limits = limits;
        this.http2 = limits.http2();
        this.trailers = new TrailerReader(limits.headerSection(), limits.headerFields());
        this.maxBlock = (int) Math.min(Integer.MAX_VALUE, (long) BLOCK_FACTOR * limits.headerSection());
        this.maxUnsent = (long) UNSENT_FACTOR * limits.outboundBuffer();
        this.maxHeld = (long) HELD_FACTOR * limits.outboundBuffer();
        this.maxLinger = Math.min(Integer.MAX_VALUE, (long) LINGER_FACTOR * limits.discard());
        this.spans = new Http2Deadlines.Spans(timeouts);
        this.preface = preface;
        this.encoder = new FrameEncoder(new ByteAccumulator(1024));
        this.blocks = new BlockReader();
    }

    /** Another context of the same loop, which shares what this one has. */
    Http2Context(Http2Context base) {
        this.limits = base.limits;
        this.http2 = base.http2;
        this.trailers = base.trailers;
        this.maxBlock = base.maxBlock;
        this.maxUnsent = base.maxUnsent;
        this.maxHeld = base.maxHeld;
        this.maxLinger = base.maxLinger;
        this.spans = base.spans;
        this.preface = base.preface;
        this.encoder = base.encoder;
        this.blocks = base.blocks;
    }

    /** {@return what a part of a file is read into; good until the next call} */
    byte[] fileBuffer() {
        if (fileBuffer.length == 0) {
            fileBuffer = new byte[FILE_BUFFER];
        }
        return fileBuffer;
    }
}
