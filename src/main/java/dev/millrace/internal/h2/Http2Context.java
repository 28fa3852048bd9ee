package dev.millrace.internal.h2;

import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.exchange.CurrentDate;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.hpack.BlockReader;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Clock;
import java.util.Arrays;

/** What the HTTP/2 connections of one listener on one loop share. Not safe for several threads at once. */
public final class Http2Context {
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
    final Dispatcher dispatcher;
    final Observer observer;
    final String scheme;
    final String serverName;
    final CurrentDate date;
    final RequestReader requests;
    final TrailerReader trailers;

    /** Where frames are encoded; good until the next call. */
    final FrameEncoder encoder;

    /** Where header blocks are decoded. */
    final BlockReader blocks;

    /** What a server says first: its SETTINGS. */
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
     * @param dispatcher who answers
     * @param clock tells the date
     * @param server the {@code Server} field's value, empty for none
     * @param scheme {@code http} or {@code https}
     * @param observer is told what happens to requests
     */
    public Http2Context(
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            Clock clock,
            String server,
            String scheme,
            Observer observer) {
        this.limits = limits;
        this.http2 = limits.http2();
        this.dispatcher = dispatcher;
        this.observer = observer;
        this.scheme = scheme;
        this.serverName = server;
        this.date = new CurrentDate(clock);
        this.requests = new RequestReader(limits.headerSection(), limits.headerFields());
        this.trailers = new TrailerReader(limits.headerSection(), limits.headerFields());
        this.maxBlock = (int) Math.min(Integer.MAX_VALUE, (long) BLOCK_FACTOR * limits.headerSection());
        this.maxUnsent = (long) UNSENT_FACTOR * limits.outboundBuffer();
        this.maxHeld = (long) HELD_FACTOR * limits.outboundBuffer();
        this.maxLinger = Math.min(Integer.MAX_VALUE, (long) LINGER_FACTOR * limits.discard());
        this.spans = new Http2Deadlines.Spans(timeouts);
        this.preface = preface(limits);
        this.encoder = new FrameEncoder(new ByteAccumulator(1024));
        this.blocks = new BlockReader();
    }

    private Http2Context(Http2Context base, Dispatcher dispatcher) {
        this.limits = base.limits;
        this.http2 = base.http2;
        this.dispatcher = dispatcher;
        this.observer = base.observer;
        this.scheme = base.scheme;
        this.serverName = base.serverName;
        this.date = base.date;
        this.requests = base.requests;
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

    /**
     * The same for connections whose requests somebody else answers.
     *
     * @param answers who
     * @return the other context, on the same loop
     */
    public Http2Context answeredBy(Dispatcher answers) {
        return new Http2Context(this, answers);
    }

    private static byte[] preface(Limits limits) {
        FrameEncoder settings = new FrameEncoder(new ByteAccumulator(128));
        settings.settings(Settings.announcedByServer(limits.http2(), limits.headerSection()));
        return Arrays.copyOf(settings.out().array(), settings.out().length());
    }

    /** {@return what a part of a file is read into; good until the next call} */
    byte[] fileBuffer() {
        if (fileBuffer.length == 0) {
            fileBuffer = new byte[FILE_BUFFER];
        }
        return fileBuffer;
    }
}
