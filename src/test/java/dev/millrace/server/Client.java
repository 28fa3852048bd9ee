package dev.millrace.server;

import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.ResponseParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A client on a plain blocking socket. Waits at most half a minute for anything. */
final class Client implements AutoCloseable {
    private final Socket socket;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    Client(int port) throws IOException {
        this(port, 0);
    }

    /** With a small buffer for what comes. */
    Client(int port, int receiveBuffer) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout(30_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 30_000);
    }

    Client send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    Client get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    Client endSending() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Ends the connection by a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Reads some bytes; says how many, negative at the end. */
    int read(byte[] into) throws IOException {
        int n = socket.getInputStream().read(into);
        if (n > 0) {
            received.write(into, 0, n);
        }
        return n;
    }

    /** Reads until so many responses are complete. */
    List<ParsedResponse> responses(int count) throws IOException {
        byte[] buffer = new byte[64 << 10];
        while (true) {
            String text = received.toString(StandardCharsets.ISO_8859_1);
            if (text.contains("\r\n\r\n")) {
                try {
                    List<ParsedResponse> all = ResponseParser.parse(received.toByteArray(), false);
                    if (all.size() >= count && all.get(count - 1).complete()) {
                        return all;
                    }
                } catch (AssertionError headIsIncomplete) {
                    // until more has come
                }
            }
            if (read(buffer) < 0) {
                throw new IOException("the end came after: " + text);
            }
        }
    }

    /** Reads to the end. */
    byte[] rest() throws IOException {
        byte[] buffer = new byte[64 << 10];
        while (read(buffer) >= 0) {}
        return received.toByteArray();
    }

    /** Reads to the end, whether that is in order or a reset. */
    String restOrReset() {
        try {
            return new String(rest(), StandardCharsets.ISO_8859_1);
        } catch (IOException reset) {
            return received.toString(StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
