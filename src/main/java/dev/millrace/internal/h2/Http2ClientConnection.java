package dev.millrace.internal.h2;

import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.exchange.ClientExchange;
import dev.millrace.internal.h1.Http1ClientConnection;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.Reusability;
import dev.millrace.session.Veto;
import java.util.ArrayDeque;

/**
 * A client's HTTP/2 connection: opens a stream for each exchange, as many at a time as the server allows, and ends with the
 * last one once either side has said so. What speaks against another exchange is told by name, at the end of the event.
 */
public final class Http2ClientConnection extends Http2Connection implements ClientConnection {
    /** How many streams a server is taken to allow before it says so: as many as RFC 9113 §6.5.2 recommends at the least. */
    private static final int ASSUMED_STREAMS = 100;

    private final Owner owner;
    private Reusability vetoes = Reusability.REUSABLE; // those that hold for ever
    private Reusability told = Reusability.REUSABLE;
    private int toldCapacity = ASSUMED_STREAMS;
    private int nextId;
    private int ended; // exchanges, of which the owner has not been told
    private @Nullable ClientStream opening; // while its exchange begins
    private final ArrayDeque<ClientStream> held = new ArrayDeque<>(4); // of which more may have been read
    private String goodbye = "";
    private CloseReason leaving = CloseReason.COMPLETED;

    /**
     * A connection that takes exchanges at once, ahead of the server's first word.
     *
     * @param transport its lower end
     * @param context what it shares with others
     * @param owner is told what becomes of it
     */
    public Http2ClientConnection(Transport transport, Http2ClientContext context, Owner owner) {
        this(transport, context, owner, 1);
    }

    /** A connection whose first stream has another number. */
    Http2ClientConnection(Transport transport, Http2ClientContext context, Owner owner, int firstId) {
        super(
                transport,
                context,
                Settings.ofServer(),
                connection -> new ClientInput(connection, context),
                connection -> new ClientDeadlines(connection, transport, context.spans));
        this.owner = owner;
        this.nextId = firstId;
    }

    // ---- the session's side

    @Override
    public Version version() {
        return Version.HTTP_2;
    }

    @Override
    public void send(ClientExchange exchange) {
        int id = nextId;
        nextId += 2; // below 0 after the last one
        streams().table().use(id);
        ClientStream stream = new ClientStream(this, id, exchange, transport.bytesOut() + transport.pending());
        output().request(id, exchange.request(), !exchange.hasContent());
        String priority = exchange.request().headers().combined("priority");
        if (priority != null) {
            output().prioritize(stream, Priority.parse(priority));
        }
        ClientStream outer = opening;
        opening = stream;
        stream.begin();
        opening = outer;
        if (nextId < 0) {
            drain(leaving);
        }
        rearm();
        atEventEnd();
    }

    @Override
    public Reusability reusability() {
        Reusability all = vetoes;
        if (active() >= capacity() || nextId < 0) {
            all = all.with(Veto.STREAM_LIMIT);
        }
        if (!transport.writable()) {
            all = all.with(Veto.WRITES_PENDING);
        }
        if (roundTrip().probing()) {
            all = all.with(Veto.UNANSWERED_PING);
        }
        return ending().active() ? all : all.with(Veto.CLOSED);
    }

    @Override
    public int active() {
        return streams().table().size();
    }

    @Override
    public int capacity() {
        int allowed = peerSettings().maxConcurrentStreams();
        return ending().life() == Http2Life.PREFACE ? Math.min(allowed, ASSUMED_STREAMS) : allowed;
    }

    @Override
    public void probe() {
        if (ending().active() && !roundTrip().probing()) {
            roundTrip().probe(transport.loop().now());
            if (!roundTrip().waiting()) {
                output().ping(roundTrip().begin(transport.loop().now()));
            }
            rearm();
            atEventEnd();
        }
    }

    @Override
    public void drain(CloseReason reason) {
        if (!vetoes.has(Veto.DRAINING)) {
            vetoes = vetoes.with(Veto.DRAINING);
            leaving = reason;
            if (ending().active()) {
                goAway(ErrorCode.NO_ERROR, "");
            }
            takeNoMore();
        }
    }

    @Override
    public void onDrain() {
        drain(CloseReason.DRAINED);
    }

    /** Nothing more begins: the connection ends with the streams that there are. */
    private void takeNoMore() {
        if (ending().active() && ending().life() != Http2Life.DRAINING) {
            ending().draining();
        }
        endIfLast();
        atEventEnd();
    }

    /** An exchange is over, and its place is free. */
    void exchangeEnded() {
        if (opening != null) { // which is within send
            ended++;
            atEventEnd();
        } else {
            owner.exchangeEnded();
        }
    }

    /** A response has begun, of which more may have been read. */
    void held(ClientStream stream) {
        held.add(stream);
    }

    /** {@return bytes that have gone out so far} */
    long bytesOut() {
        return transport.bytesOut();
    }

    /** {@return what the server has said before it left, empty if that was no error} */
    String goodbye() {
        return goodbye;
    }

    // ---- the event's end

    @Override
    public void flush() {
        super.flush();
        if (ending().life() != Http2Life.CLOSED) {
            tell();
        }
    }

    /** Tells the owner what has changed. */
    private void tell() {
        while (ended > 0) {
            ended--;
            owner.exchangeEnded();
        }
        Reusability now = reusability();
        int allowed = capacity();
        if (!now.equals(told) || allowed != toldCapacity) {
            told = now;
            toldCapacity = allowed;
            owner.changed();
        }
    }

    // ---- the server

    @Override
    int preface(byte[] bytes, int offset, int end) {
        return offset; // a server begins with a frame
    }

    @Override
    void began() {}

    @Override
    void heard() {
        for (ClientStream next; (next = held.poll()) != null; ) {
            next.readEnded();
        }
        atEventEnd();
    }

    @Override
    int lastTaken() {
        return 0; // nothing is pushed
    }

    @Override
    void peerLeaves(int last, ErrorCode code) {
        vetoes = vetoes.with(Veto.GOAWAY_RECEIVED);
        if (code != ErrorCode.NO_ERROR) {
            goodbye = " after GOAWAY with " + code;
            ending().blame(CloseReason.PEER_CLOSED_EARLY);
        }
        streams().forEach(stream -> {
            if (stream.id() > last && stream instanceof ClientStream asked) {
                asked.passedOver(code);
            }
        });
        takeNoMore();
    }

    @Override
    void peerEnded() {
        vetoes = vetoes.with(Veto.PEER_HALF_CLOSED);
        ending().peerEnded();
        if (!streams().isEmpty()) {
            ending().blame(CloseReason.PEER_CLOSED_EARLY);
        }
        String what = "the server closed the connection";
        streams().overAll(stream -> stream.brokenOff(what, Initiator.PEER, Phase.RESPONSE, null));
        atEventEnd();
    }

    @Override
    void fail(Http2Error e) {
        if (ending().active()) {
            vetoes = vetoes.with(Veto.INGRESS_ERROR);
        }
        super.fail(e);
        atEventEnd();
    }

    // ---- the end

    @Override
    void leave() {
        if (vetoes.has(Veto.DRAINING)) {
            ending().closeAfterOutput(leaving);
        } else {
            goAway(ErrorCode.NO_ERROR, "");
            ending().closeAfterOutput(orderlyEnd());
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        super.onClosed(reason, cause);
        vetoes = vetoes.with(Veto.CLOSED).with(Http1ClientConnection.veto(reason));
        tell();
        owner.closed(reason);
    }

    @Override
    Phase reached() {
        if (streams().isEmpty()) {
            return streams().opened() == 0 ? Phase.OPENED : Phase.IDLE;
        }
        return Phase.RESPONSE;
    }
}
