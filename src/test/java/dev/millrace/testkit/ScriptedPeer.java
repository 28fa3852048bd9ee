package dev.millrace.testkit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** A peer that follows a script: sends bytes in given pieces and reads what comes back strictly. */
public final class ScriptedPeer {
    private final MemoryTransport transport;
    private final TestLoop loop;

    /**
     * The peer of a connection.
     *
     * @param transport the connection's other end
     * @param loop runs its tasks after each thing that the peer does
     */
    public ScriptedPeer(MemoryTransport transport, TestLoop loop) {
        this.transport = transport;
        this.loop = loop;
    }

    /**
     * Sends text, a byte for each character, in one piece.
     *
     * @param text what to send
     * @return this
     */
    public ScriptedPeer send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Sends bytes in one piece.
     *
     * @param bytes what to send
     * @return this
     */
    public ScriptedPeer send(byte[] bytes) {
        transport.peerSends(bytes);
        loop.runTasks();
        return this;
    }

    /**
     * Sends bytes in pieces.
     *
     * @param bytes what to send
     * @param cuts where a piece ends and the next begins, ascending
     * @return this
     */
    public ScriptedPeer sendCut(byte[] bytes, int... cuts) {
        int from = 0;
        for (int cut : cuts) {
            send(java.util.Arrays.copyOfRange(bytes, from, cut));
            from = cut;
        }
        return send(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
    }

    /**
     * Sends each byte by itself.
     *
     * @param bytes what to send
     * @return this
     */
    public ScriptedPeer sendBytewise(byte[] bytes) {
        for (byte each : bytes) {
            send(new byte[] {each});
        }
        return this;
    }

    /**
     * Sends bytes in pieces of random sizes, small ones more often.
     *
     * @param bytes what to send
     * @param random decides
     * @return this
     */
    public ScriptedPeer sendRandomly(byte[] bytes, Random random) {
        int from = 0;
        while (from < bytes.length) {
            int most = random.nextInt(4) == 0 ? 4096 : 1 + random.nextInt(64);
            int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
            send(java.util.Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        return this;
    }

    /**
     * Ends the sending.
     *
     * @return this
     */
    public ScriptedPeer end() {
        transport.peerEnds();
        loop.runTasks();
        return this;
    }

    /**
     * Resets the connection.
     *
     * @return this
     */
    public ScriptedPeer reset() {
        transport.peerResets();
        loop.runTasks();
        return this;
    }

    /**
     * Reads nothing more.
     *
     * @return this
     */
    public ScriptedPeer stopReading() {
        transport.peerStopsReading();
        return this;
    }

    /**
     * Reads some bytes and stops again.
     *
     * @param bytes how many
     * @return this
     */
    public ScriptedPeer read(long bytes) {
        transport.peerReads(bytes);
        loop.runTasks();
        return this;
    }

    /**
     * Reads all there is and all that comes.
     *
     * @return this
     */
    public ScriptedPeer readAll() {
        transport.peerReadsAll();
        loop.runTasks();
        return this;
    }

    /** {@return everything that has come, a character for each byte} */
    public String text() {
        return new String(transport.received(), StandardCharsets.ISO_8859_1);
    }

    /**
     * Everything that has come, as responses.
     *
     * @param methods the requests' methods in order; GET for those that are not told
     * @return the responses
     */
    public List<ParsedResponse> responses(String... methods) {
        return ResponseParser.parse(transport.received(), transport.outputEnded(), methods);
    }
}
