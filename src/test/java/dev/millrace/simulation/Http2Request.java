package dev.millrace.simulation;

import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.Http2Frame;
import java.io.ByteArrayOutputStream;

/** One request on a simulated client's HTTP/2 connection: how far both sides of its stream have come. */
final class Http2Request {
    private static final int REFUSED_STREAM = 7;

    /** What is special about a request. */
    enum Manner {
        USUAL,
        /** The client resets the stream at some time. */
        RESET,
        /** The content is shorter than was announced. */
        SHORT
    }

    final Plan plan;
    final int id;
    final Manner manner;
    final byte[] content;
    final boolean trailers;

    // ---- the client's side
    int sent;
    boolean endSent;
    boolean waits; // for 100 (Continue)
    long window;
    boolean padded; // all of the content, which is sent in small pieces
    boolean resetSent;

    // ---- the server's side
    long receive; // what the server may still send
    private int status;
    private @Nullable Headers head;
    private boolean ended;
    private int resetCode = -1;
    private Headers trailer = Headers.empty();
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    Http2Request(Plan plan, int id, Manner manner, boolean trailers) {
        this.plan = plan;
        this.id = id;
        this.manner = manner;
        this.content = plan.request();
        this.trailers = trailers;
    }

    boolean answered() {
        return ended;
    }

    /** {@return whether nothing more is to come, or to be sent} */
    boolean over() {
        return resetSent || resetCode >= 0 || ended && endSent;
    }

    // ---- what comes

    void headers(Http2Client client, Headers fields, boolean end) {
        client.check(!ended && resetCode < 0, "HEADERS after the end of stream " + id, plan);
        String value = fields.first("_status").orElse(null);
        if (value == null) {
            client.check(status >= 200 && end, "trailers at a wrong place", plan);
            trailer = fields;
        } else {
            client.check(status < 200, "a second response", plan);
            status = Integer.parseInt(value);
            waits = false;
            if (status >= 200) {
                head = fields;
            } else {
                client.check(!end, "an interim response with an end", plan);
            }
        }
        ended |= end;
        if (end) {
            whole(client);
        }
    }

    void data(Http2Client client, Http2Frame frame) {
        client.check(status >= 200 && !ended && resetCode < 0, "DATA at a wrong place", plan);
        heard.writeBytes(frame.payload());
        receive -= frame.payload().length;
        client.check(
                receive >= 0 || frame.payload().length == 0,
                "more DATA than the window of stream " + id + " allows",
                plan);
        if (frame.has(Http2Frame.END_STREAM)) {
            ended = true;
            whole(client);
        }
    }

    private void whole(Http2Client client) {
        String length = head == null ? null : head.first("content-length").orElse(null);
        boolean right = length == null || plan.head() || Integer.parseInt(length) == heard.size();
        client.check(right, "content-length says " + length + ", but these came: " + heard.size(), plan);
    }

    void reset(Http2Client client, int code) {
        client.check(resetCode < 0 || resetSent, "reset twice", plan);
        resetCode = code;
    }

    // ---- the verdict

    /**
     * Judges.
     *
     * @param strict whether the client has done all that a server can expect
     */
    void judge(Http2Client client, boolean strict) {
        boolean lenient = !strict || manner != Manner.USUAL;
        if (ended) {
            judgeAnswer(client, lenient);
        } else if (resetCode == REFUSED_STREAM) {
            client.check(plan.handled == 0, "refused, but a handler has seen it", plan);
        } else if (resetCode >= 0) {
            boolean broken = plan.act.breaksOff || plan.act == Act.READER_THROWS;
            client.check(lenient || broken, "reset with " + resetCode, plan);
        } else {
            client.check(lenient || client.leftBehind(id) && plan.handled == 0, "no response on stream " + id, plan);
        }
        client.judgeServed(plan, ended);
    }

    private void judgeAnswer(Http2Client client, boolean lenient) {
        String what = status + " " + head + ", " + heard.size() + " bytes";
        boolean usual = status == plan.act.status
                || status == 200 && (plan.head() || plan.mayBeComplete())
                || status == 500 && plan.act == Act.READER_THROWS;
        boolean late = status == 408 || status == 503 || status == 400;
        client.check(
                usual || lenient && late || client.tooSlow(plan, status) || status == 503 && client.world.scarce(),
                "not what was to be answered: " + what,
                plan);
        if (!usual || status != 200 && status != 204 || head == null) {
            return;
        }
        if (plan.act == Act.TUNNEL) {
            byte[] come = heard.toByteArray();
            boolean right =
                    java.util.Arrays.equals(come, 0, come.length, content, 0, Math.min(come.length, content.length));
            client.check(right && (lenient || come.length == content.length), "not what was sent: " + what, plan);
            return;
        }
        client.check(Handlers.names(head, plan), "the response of another request: " + what, plan);
        if (!plan.head() && status == 200) {
            client.check(plan.matches(heard.toByteArray()), "wrong content: " + what, plan);
            String sum = trailer.first("x-sum").orElse("" + plan.number);
            client.check(sum.equals("" + plan.number) || plan.act.mirrors(), "wrong trailers: " + trailer, plan);
        }
    }
}
