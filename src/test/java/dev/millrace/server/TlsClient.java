package dev.millrace.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A TLS client on a plain blocking socket that does each thing apart: a flight of its handshake, a record, a close_notify,
 * a FIN, a reset. Waits at most half a minute for anything.
 */
final class TlsClient implements AutoCloseable {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Socket socket;
    private final SSLEngine engine;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final ByteBuffer clear = ByteBuffer.allocate(64 << 10);
    private ByteBuffer arrived = ByteBuffer.allocate(64 << 10).limit(0);
    private boolean closed;

    /** Connects, and sends nothing yet. */
    TlsClient(int port, SSLEngine engine) throws IOException {
        this.engine = engine;
        socket = new Socket();
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 30_000);
    }

    SSLEngine engine() {
        return engine;
    }

    /** The first flight, which is for {@link #raw} to send. */
    byte[] hello() throws SSLException {
        engine.beginHandshake();
        return produced();
    }

    /** Sends bytes as they are. */
    TlsClient raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Shakes hands to the end; where this side finds a fault, sends the alert. */
    TlsClient handshake() throws IOException {
        try {
            engine.beginHandshake();
            while (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
                byte[] out = produced();
                if (out.length > 0) {
                    raw(out);
                } else if (!take()) {
                    throw new IOException("the end came within the handshake");
                }
            }
        } catch (SSLException e) {
            raw(produced());
            throw e;
        }
        return this;
    }

    /** Shakes hands up to this side's last flight, which is for {@link #raw} to send. */
    byte[] lastFlight() throws IOException {
        raw(hello());
        while (true) {
            byte[] out = produced();
            boolean old = engine.getHandshakeSession() != null
                    && engine.getHandshakeSession().getProtocol().equals("TLSv1.2");
            if (out.length > 0 && (old || engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING)) {
                return out;
            }
            if (out.length > 0) {
                raw(out); // in TLS 1.3 what is there only for the sake of others on the way
            } else if (!take()) {
                throw new IOException("the end came within the handshake");
            }
        }
    }

    /** Shakes hands, and sends text in one write with the last message of that. */
    TlsClient handshakeAndSend(String plain) throws IOException {
        while (true) {
            byte[] out = produced();
            if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
                ByteArrayOutputStream both = new ByteArrayOutputStream();
                both.writeBytes(out);
                both.writeBytes(encrypt(plain));
                return raw(both.toByteArray());
            }
            raw(out);
            if (!take()) {
                throw new IOException("the end came within the handshake");
            }
        }
    }

    private byte[] produced() throws SSLException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
                    task.run();
                }
            } else if (status != HandshakeStatus.NEED_WRAP || wrap(NOTHING, out) == 0) {
                return out.toByteArray();
            }
        }
    }

    private int wrap(ByteBuffer source, ByteArrayOutputStream out) throws SSLException {
        ByteBuffer into = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(source, into);
        out.write(into.array(), 0, into.position());
        return into.position();
    }

    /** Encrypts text; the records are to be sent in the order of the calls. */
    byte[] encrypt(String plain) throws SSLException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer source = ByteBuffer.wrap(plain.getBytes(ISO_8859_1));
        while (source.hasRemaining()) {
            wrap(source, out);
        }
        return out.toByteArray();
    }

    TlsClient send(String plain) throws IOException {
        return raw(encrypt(plain));
    }

    TlsClient get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    /** Reads until the decrypted text ends with this. */
    TlsClient await(String end) throws IOException {
        while (!text().endsWith(end)) {
            if (!take()) {
                throw new IOException("the end came after " + text());
            }
        }
        return this;
    }

    /** {@return all that was read, decrypted} */
    String text() {
        return text.toString(ISO_8859_1);
    }

    /** Sends close_notify. */
    TlsClient closeNotify() throws IOException {
        engine.closeOutbound();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (!engine.isOutboundDone() && wrap(NOTHING, out) > 0) {}
        return raw(out.toByteArray());
    }

    /** Has the engine find a fault in what it is given; gives its alert, encrypted. */
    byte[] fatalAlert() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer garbage =
                ByteBuffer.allocate(40).put(new byte[] {23, 3, 3, 0, 35}).rewind();
        try {
            engine.unwrap(garbage, ByteBuffer.allocate(64 << 10));
            throw new AssertionError("garbage was taken");
        } catch (SSLException expected) {
            try {
                wrap(NOTHING, out);
            } catch (SSLException again) {
                expected.addSuppressed(again); // the engine says once more why it failed
            }
        }
        return out.toByteArray();
    }

    /** Ends the sending by a FIN. */
    TlsClient fin() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Ends the connection by a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Reads to the end, decrypting nothing; gives what came. */
    byte[] rest() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[64 << 10];
        try {
            for (int n; (n = socket.getInputStream().read(buffer)) >= 0; ) {
                out.write(buffer, 0, n);
            }
        } catch (SocketException reset) {
            // an end is an end
        }
        return out.toByteArray();
    }

    /** {@return whether close_notify comes before the end} */
    boolean goodbye() throws IOException {
        while (!closed && take()) {}
        return closed;
    }

    /** Reads once and decrypts what came; false at the end. */
    private boolean take() throws IOException {
        if (closed) {
            return false;
        }
        if (!unwrap()) {
            arrived.compact();
            int n = socket.getInputStream().read(arrived.array(), arrived.position(), arrived.remaining());
            arrived.position(arrived.position() + Math.max(0, n)).flip();
            if (n < 0) {
                return false;
            }
            unwrap();
        }
        return true;
    }

    /** Decrypts whole records until the engine wants something else done; says whether there was one. */
    private boolean unwrap() throws IOException {
        boolean some = false;
        while (arrived.hasRemaining() && !closed) {
            int before = arrived.position();
            clear.clear();
            SSLEngineResult result = engine.unwrap(arrived, clear);
            text.write(clear.array(), 0, clear.position());
            closed = result.getStatus() == SSLEngineResult.Status.CLOSED;
            if (arrived.position() == before) {
                break;
            }
            some = true;
            HandshakeStatus status = result.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK || status == HandshakeStatus.NEED_WRAP) {
                break;
            }
        }
        return some;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** {@return the failure of a handshake that must fail on this side} */
    @Nullable
    SSLException failure() throws IOException {
        try {
            handshake();
            return null;
        } catch (SSLException e) {
            return e;
        }
    }
}
