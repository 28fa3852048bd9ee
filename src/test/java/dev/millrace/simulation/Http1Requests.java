package dev.millrace.simulation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Writes requests of HTTP/1.1 in all the ways that there are. */
final class Http1Requests {
    private static final List<String> WRONG = List.of(
            "GET / HTTP/1.1\r\nno host\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "POST /w HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd",
            "POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "\0\1\2\3\r\n\r\n",
            "GET /" + "x".repeat(9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(9_000) + "\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET / HTTP/3.0\r\nHost: a\r\n\r\n");

    private enum Framing {
        LENGTH,
        CHUNKED,
        NONE
    }

    private final Random random;
    private Framing framing = Framing.NONE;
    private boolean expects;

    Http1Requests(Random random) {
        this.random = random;
    }

    /** {@return a request's head} */
    byte[] head(Plan plan) {
        StringBuilder out = new StringBuilder();
        boolean tunnel = plan.act == Act.TUNNEL;
        boolean old = !tunnel && random.nextInt(12) == 0;
        expects = false;
        framing = Framing.NONE;
        String target = plan.method.equals("CONNECT") ? "p" + plan.number + ":1" : "/" + plan.number;
        out.append(plan.method)
                .append(' ')
                .append(target)
                .append(old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
                .append("Host: ")
                .append(plan.method.equals("CONNECT") ? target : "a")
                .append("\r\n");
        if (tunnel) {
            if (!plan.method.equals("CONNECT")) {
                out.append("Connection: Upgrade\r\nUpgrade: echo\r\n");
            }
            return bytes(out.append("\r\n"));
        }
        if (old && random.nextBoolean()) {
            out.append("Connection: keep-alive\r\n");
        } else if (random.nextInt(14) == 0) {
            out.append("Connection: close\r\n");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            out.append("X-")
                    .append(i)
                    .append(": ")
                    .append("v".repeat(random.nextInt(30)))
                    .append("\r\n");
        }
        if (plan.method.equals("POST")) {
            expects = !old && plan.requestSize > 0 && random.nextInt(7) == 0;
            out.append(expects ? "Expect: 100-continue\r\n" : "");
            framing = old || random.nextBoolean() ? Framing.LENGTH : Framing.CHUNKED;
            out.append(
                    framing == Framing.CHUNKED
                            ? "Transfer-Encoding: chunked\r\n"
                            : "Content-Length: " + plan.requestSize + "\r\n");
        }
        return bytes(out.append("\r\n"));
    }

    /** {@return whether the request of the last head waits for an answer before its content} */
    boolean expects() {
        return expects;
    }

    /** {@return the content of the request of the last head, framed} */
    byte[] body(Plan plan) {
        byte[] content = plan.request();
        return switch (framing) {
            case NONE -> new byte[0];
            case LENGTH -> content;
            case CHUNKED -> chunked(content);
        };
    }

    private byte[] chunked(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 100);
        int most = random.nextInt(4) == 0 ? 30 : 2_000;
        for (int from = 0; from < content.length; ) {
            int to = Math.min(content.length, from + 1 + random.nextInt(most));
            String extension = random.nextInt(10) == 0 ? ";a=\"b;c\"" : random.nextInt(10) == 0 ? " ; x" : "";
            out.writeBytes((Integer.toHexString(to - from) + extension + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(Arrays.copyOfRange(content, from, to));
            out.writeBytes(new byte[] {'\r', '\n'});
            from = to;
        }
        String end = random.nextInt(4) == 0 ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n";
        out.writeBytes(end.getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    /** {@return something that is no request, or breaks a rule} */
    byte[] wrong() {
        return bytes(new StringBuilder(WRONG.get(random.nextInt(WRONG.size()))));
    }

    private static byte[] bytes(StringBuilder text) {
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
