package dev.millrace.testkit;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A client at the other end of a {@link MemoryTransport} that speaks TLS with the JDK's engine, step by step as a test says,
 * and counts the records that come. What it sends may be cut, held back or replaced.
 */
public final class TlsPeer {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final int HEADER = 5;

    /** The type of a record of an alert in clear. */
    public static final int ALERT = 21;

    /** The type of a record of the handshake in clear. */
    public static final int HANDSHAKE = 22;

    /** The type of a record of content, in TLS 1.3 of all that is encrypted. */
    public static final int CONTENT = 23;

    private final MemoryTransport transport;
    private final TestLoop loop;
    private final SSLEngine engine;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final List<String> alerts = new ArrayList<>();
    private final List<Integer> records = new ArrayList<>();
    private final ByteBuffer clear = ByteBuffer.allocate(64 << 10);
    private IntFunction<byte[]> incoming;
    private Consumer<byte[]> way;
    private Runnable meanwhile = () -> {};
    private byte[] arrived = {};
    private byte[] held = {};
    private int taken;
    private int counted;
    private boolean closed;
    private @Nullable SSLException failure;

    /**
     * The peer of a connection.
     *
     * @param transport the connection's other end
     * @param loop runs its tasks after each thing that the peer does
     * @param engine a client's
     */
    public TlsPeer(MemoryTransport transport, TestLoop loop, SSLEngine engine) {
        this.transport = transport;
        this.loop = loop;
        this.engine = engine;
        this.incoming = transport::received;
        this.way = this::sendRaw;
    }

    /** {@return a peer whose TLS is carried by this one's content from now on} */
    public TlsPeer within(SSLEngine inner) {
        read();
        int base = text.size();
        TlsPeer peer = new TlsPeer(transport, loop, inner);
        peer.incoming = from -> {
            read();
            byte[] all = text.toByteArray();
            return Arrays.copyOfRange(all, base + from, all.length);
        };
        peer.way = bytes -> way.accept(encrypt(bytes));
        return peer;
    }

    /** Leaves out bytes at the beginning of what comes, which are not TLS. */
    public TlsPeer skip(int bytes) {
        taken = bytes;
        return this;
    }

    /** Sets how encrypted bytes go out; in one piece for each call unless this is called. */
    public TlsPeer way(Consumer<byte[]> newWay) {
        way = newWay;
        return this;
    }

    /** Sets what else moves on after each piece, such as an executor. */
    public TlsPeer meanwhile(Runnable newMeanwhile) {
        meanwhile = newMeanwhile;
        return this;
    }

    /** {@return the engine} */
    public SSLEngine engine() {
        return engine;
    }

    /** Sends bytes as they are. */
    public TlsPeer sendRaw(byte[] bytes) {
        transport.peerSends(bytes);
        settle();
        return this;
    }

    private void settle() {
        loop.runTasks();
        meanwhile.run();
    }

    /** Shakes hands as far as it goes. */
    public TlsPeer handshake() {
        return handshakeWhile(round -> true);
    }

    /** {@return whether the handshake is complete on this side} */
    public boolean open() {
        return failure == null && !engine.getSession().getProtocol().equals("NONE") && !handshaking();
    }

    private boolean handshaking() {
        return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }

    /**
     * Shakes hands until a flight is not to be sent; it is held back, and the first to be sent when this is called again.
     *
     * @param send whether to send the flight of this number, from 0
     */
    public TlsPeer handshakeWhile(IntPredicate send) {
        if (held.length == 0) {
            try {
                engine.beginHandshake();
            } catch (SSLException e) {
                failure = e;
            }
        }
        int flight = 0;
        while (failure == null && (handshaking() || held.length > 0)) {
            byte[] out = held.length > 0 ? held : produced();
            held = new byte[0];
            if (out.length > 0) {
                if (!send.test(flight++)) {
                    held = out;
                    return this;
                }
                way.accept(out);
            } else if (failure == null && !take()) {
                break;
            }
        }
        flushAlert();
        return this;
    }

    /** {@return what the engine wants sent of itself} */
    public byte[] produced() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (failure == null) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
                    task.run();
                }
            } else if (status != HandshakeStatus.NEED_WRAP || wrap(NOTHING, out) == 0) {
                break;
            }
        }
        return out.toByteArray();
    }

    private int wrap(ByteBuffer source, ByteArrayOutputStream out) {
        ByteBuffer into = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        try {
            engine.wrap(source, into);
        } catch (SSLException e) {
            failure = failure == null ? e : failure;
        }
        out.write(into.array(), 0, into.position());
        return into.position();
    }

    /** Sends the alert of a failure, if there is one to send. */
    private void flushAlert() {
        if (failure != null) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            wrap(NOTHING, out);
            if (out.size() > 0 && !transport.closed()) {
                way.accept(out.toByteArray());
            }
        }
    }

    /**
     * Encrypts text.
     *
     * @return the records, which have to be sent in this order
     */
    public byte[] encrypt(String plain) {
        return encrypt(plain.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Encrypts bytes. */
    public byte[] encrypt(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer source = ByteBuffer.wrap(plain);
        while (source.hasRemaining() && wrap(source, out) > 0) {}
        if (source.hasRemaining()) {
            throw new AssertionError("cannot encrypt: " + failure);
        }
        return out.toByteArray();
    }

    /** Encrypts and sends text, and reads what comes. */
    public TlsPeer send(String plain) {
        way.accept(encrypt(plain));
        return read();
    }

    /** {@return a close_notify, encrypted, which has to be sent} */
    public byte[] closeNotify() {
        engine.closeOutbound();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (!engine.isOutboundDone() && wrap(NOTHING, out) > 0) {}
        return out.toByteArray();
    }

    /** Sends close_notify. */
    public TlsPeer close() {
        way.accept(closeNotify());
        return read();
    }

    /** Takes what has come, and sends what the engine answers. */
    public TlsPeer read() {
        while (failure == null && take()) {
            byte[] out = produced();
            if (out.length > 0 && !closed) {
                way.accept(out);
            }
        }
        flushAlert();
        return this;
    }

    /** Takes records; says whether there was one. */
    private boolean take() {
        byte[] more = incoming.apply(taken);
        taken += more.length;
        byte[] all = Arrays.copyOf(arrived, arrived.length + more.length);
        System.arraycopy(more, 0, all, arrived.length, more.length);
        count(all);
        ByteBuffer in = ByteBuffer.wrap(all);
        boolean some = false;
        try {
            while (in.hasRemaining() && !closed) {
                int before = in.position();
                clear.clear();
                SSLEngineResult result = engine.unwrap(in, clear);
                text.write(clear.array(), 0, clear.position());
                closed = result.getStatus() == SSLEngineResult.Status.CLOSED;
                some |= in.position() > before;
                if (in.position() == before || result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                    break;
                }
                if (result.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                    break;
                }
            }
        } catch (SSLException e) {
            failure = e;
            some = true;
        }
        arrived = Arrays.copyOfRange(all, in.position(), all.length);
        counted -= in.position();
        return some;
    }

    /** Notes the types of records that are complete. */
    private void count(byte[] bytes) {
        while (bytes.length - counted >= HEADER) {
            int length = (bytes[counted + 3] & 0xff) << 8 | bytes[counted + 4] & 0xff;
            if (bytes.length - counted < HEADER + length) {
                return;
            }
            int type = bytes[counted];
            records.add(type);
            if (type == ALERT && length == 2) {
                alerts.add(
                        (bytes[counted + HEADER] == 2 ? "fatal " : "warning ") + (bytes[counted + HEADER + 1] & 0xff));
            }
            counted += HEADER + length;
        }
    }

    /** {@return everything that has come, decrypted, a character for each byte} */
    public String text() {
        read();
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    /** {@return how many bytes have come, decrypted} */
    public int size() {
        read();
        return text.size();
    }

    /** {@return everything that has come, as responses} */
    public List<ParsedResponse> responses(String... methods) {
        read();
        return ResponseParser.parse(text.toByteArray(), closed, methods);
    }

    /** {@return how many records of a type have come} */
    public int records(int type) {
        read();
        return (int) records.stream().filter(each -> each == type).count();
    }

    /** {@return alerts that have come in clear, such as {@code fatal 40}} */
    public List<String> alerts() {
        read();
        return alerts;
    }

    /** {@return whether close_notify has come} */
    public boolean closed() {
        read();
        return closed;
    }

    /** {@return what the engine said when it failed, {@code null} if it did not} */
    public @Nullable SSLException failure() {
        return failure;
    }
}
