package dev.millrace.internal.tls;

import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/** Runs two engines against each other in memory, on one thread. */
public final class Engines {
    private final SSLEngine client;
    private final SSLEngine server;
    private final ByteBuffer toServer = ByteBuffer.allocate(1 << 17);
    private final ByteBuffer toClient = ByteBuffer.allocate(1 << 17);
    private final ByteBuffer data = ByteBuffer.allocate(1 << 16);

    private Engines(SSLEngine client, SSLEngine server) {
        this.client = client;
        this.server = server;
    }

    /**
     * Shakes hands, and passes a byte each way after it so that what follows the handshake arrives too.
     *
     * @throws SSLException what the side that found the fault threw
     */
    public static void handshake(SSLEngine client, SSLEngine server) throws SSLException {
        new Engines(client, server).run();
    }

    private void run() throws SSLException {
        client.beginHandshake();
        server.beginHandshake();
        for (int round = 0; round < 100; round++) {
            boolean moved = step(client, toClient, toServer);
            moved |= step(server, toServer, toClient);
            if (!moved) {
                if (!open(client) || !open(server)) {
                    throw new SSLException("the handshake stalled");
                }
                // what was written after the handshake is read by both
                exchange(client, toServer, server);
                exchange(server, toClient, client);
                return;
            }
        }
        throw new SSLException("no end of the handshake");
    }

    private static boolean open(SSLEngine engine) {
        return engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
    }

    private boolean step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        boolean moved = false;
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK:
                    for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                        task.run();
                    }
                    moved = true;
                    break;
                case NEED_WRAP:
                    SSLEngineResult wrapped = engine.wrap(ByteBuffer.allocate(0), out);
                    if (wrapped.getStatus() == SSLEngineResult.Status.CLOSED && wrapped.bytesProduced() == 0) {
                        return moved;
                    }
                    moved = true;
                    break;
                default:
                    in.flip();
                    int before = in.remaining();
                    if (before > 0) {
                        data.clear();
                        engine.unwrap(in, data);
                    }
                    boolean took = in.remaining() < before;
                    in.compact();
                    if (!took && engine.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NEED_TASK) {
                        return moved;
                    }
                    moved = true;
                    break;
            }
        }
    }

    private void exchange(SSLEngine from, ByteBuffer wire, SSLEngine to) throws SSLException {
        from.wrap(ByteBuffer.wrap(new byte[] {42}), wire);
        wire.flip();
        data.clear();
        while (wire.hasRemaining()) {
            to.unwrap(wire, data);
        }
        wire.compact();
        if (data.position() != 1 || data.get(0) != 42) {
            throw new SSLException("the byte got lost");
        }
    }
}
