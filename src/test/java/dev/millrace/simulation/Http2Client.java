package dev.millrace.simulation;

import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.internal.h2.Http2Held;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A client of HTTP/2 by prior knowledge: several requests at a time, windows that it keeps and holds the server to, and now
 * and then something else, such as other SETTINGS.
 */
final class Http2Client extends Client {
    private static final int PROTOCOL_WINDOW = 65_535;
    private static final int MAX_FRAME = 16_384;

    /** Other initial windows than before, until they are acknowledged. */
    private record Change(int less, List<Http2Request> streams) {}

    private final Http2Peer peer;
    private final Http2Held held = new Http2Held();
    private final List<Http2Request> requests = new ArrayList<>();
    private final ArrayDeque<Change> unacknowledged = new ArrayDeque<>();
    private final int count;
    private final boolean withholds; // windows, where it is trouble
    private int limit; // of requests at a time
    private int initial; // what the server may send on a stream
    private long window = PROTOCOL_WINDOW; // what may be sent on all
    private int serverInitial = PROTOCOL_WINDOW;
    private long receive = PROTOCOL_WINDOW;
    private int connectionTarget;
    private int lastTaken = Integer.MAX_VALUE; // as the server's GOAWAY says
    private int pings;
    private int pongs;
    private boolean quiet; // says nothing for the time being
    private boolean withheld;
    private boolean over; // says nothing more
    private boolean leaving;

    Http2Client(Simulation world, Link link, Trouble trouble) {
        super(world, link, trouble);
        this.peer = new Http2Peer(link.transport, world.loop());
        this.count = 1 + random.nextInt(6);
        this.limit = 1 + random.nextInt(3);
        this.initial = someWindow();
        this.connectionTarget = random.nextBoolean() ? PROTOCOL_WINDOW : 200_000;
        this.withholds = random.nextBoolean();
    }

    private int someWindow() {
        return switch (random.nextInt(4)) {
            case 0 -> 1_000 + random.nextInt(3_000);
            case 1 -> 1 << 20;
            default -> PROTOCOL_WINDOW;
        };
    }

    // ---- out

    private void send(byte[] bytes) {
        if (!over) {
            world.trace.add(world.now(), link + " sends", bytes.length);
            link.send(bytes, false);
        }
    }

    @Override
    void start() {
        boolean reads = trouble == Trouble.READS_NOT || trouble == Trouble.READS_LATE;
        if (reads && withholds) {
            withheld = true;
            if (trouble == Trouble.READS_LATE) {
                later((200 + random.nextInt(9_000)) * MILLI, "opens windows", () -> {
                    withheld = false;
                    move();
                });
            }
        } else {
            chooseReading();
        }
        send(Http2Peer.PREFACE);
        send(Http2Peer.settings(4, initial));
        unacknowledged.add(new Change(0, List.of()));
        chooseTrouble();
        for (int i = random.nextInt(3); i > 0; i--) {
            later(random.nextInt(400) * MILLI, "says something else", this::other);
        }
        move();
    }

    private void chooseTrouble() {
        long when = random.nextInt(random.nextBoolean() ? 100 : 1_500) * MILLI;
        switch (trouble) {
            case RESETS -> breakOff(when, link::reset);
            case VANISHES -> breakOff(when, link::vanish);
            case ENDS -> breakOff(when, link::end);
            case FALLS_SILENT -> later(when, "falls silent", () -> quiet = true);
            case PAUSES -> {
                later(when, "pauses", () -> quiet = true);
                later(when + random.nextInt(15_000) * MILLI, "goes on", () -> {
                    quiet = false;
                    move();
                });
            }
            case IS_WRONG -> later(when, "is wrong", () -> send(Http2Wrong.some(random, requests.size() * 2 + 1)));
            default -> {}
        }
    }

    private void breakOff(long when, Runnable how) {
        later(when, "breaks", () -> {
            over = true;
            how.run();
        });
    }

    /** Something that is allowed at any time. */
    private void other() {
        if (quiet || over) {
            return;
        }
        int some = 1 + 2 * random.nextInt(Math.max(1, requests.size()));
        switch (random.nextInt(5)) {
            case 0 -> {
                pings++;
                send(Http2Peer.ping(random.nextLong(), false));
            }
            case 1 -> changeWindow();
            case 2 -> send(new Http2Frame(Http2Frame.PRIORITY, 0, some, new byte[] {0, 0, 0, 0, 9}).bytes());
            case 3 -> send(new Http2Frame(16, 0, 0, new byte[] {0, 0, 0, (byte) some, 'u', '=', '1'}).bytes());
            default -> send(new Http2Frame(0x77, 0x55, 0, new byte[random.nextInt(30)]).bytes());
        }
    }

    private void changeWindow() {
        int before = initial;
        initial = someWindow();
        send(Http2Peer.settings(4, initial));
        int more = initial - before;
        for (Http2Request each : requests) {
            each.receive += Math.max(0, more); // what it takes back, it takes back when the server says so
        }
        unacknowledged.add(new Change(Math.max(0, -more), List.copyOf(requests)));
    }

    /** Does what can be done now. */
    private void move() {
        if (quiet || over) {
            return;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        openWindows(out);
        int open = 0;
        for (Http2Request each : requests) {
            content(each, out);
            open += each.over() ? 0 : 1;
        }
        while (open < limit && requests.size() < count && lastTaken == Integer.MAX_VALUE) {
            open++;
            content(open(out), out);
        }
        if (out.size() > 0) {
            send(out.toByteArray());
        }
        boolean finished = requests.size() == count || lastTaken < Integer.MAX_VALUE;
        if (finished && !leaving && requests.stream().allMatch(each -> each.over() || each.id > lastTaken)) {
            leaving = true;
            later(500 * MILLI, "leaves", this::leave);
        }
    }

    private Http2Request open(ByteArrayOutputStream out) {
        Plan plan = world.plan(this, random.nextInt(14) == 0);
        plans.add(plan);
        boolean tunnel = plan.act == Act.TUNNEL;
        Http2Request.Manner manner = random.nextInt(10) == 0
                ? Http2Request.Manner.RESET
                : !tunnel && plan.requestSize > 0 && random.nextInt(20) == 0
                        ? Http2Request.Manner.SHORT
                        : Http2Request.Manner.USUAL;
        boolean content = plan.method.equals("POST") || tunnel;
        Http2Request request =
                new Http2Request(plan, 2 * requests.size() + 1, manner, content && !tunnel && random.nextInt(6) == 0);
        requests.add(request);
        request.window = serverInitial;
        request.padded = random.nextInt(6) == 0;
        request.receive = initial;
        request.endSent = !content;
        out.writeBytes(tunnel ? connect(request) : head(request, content));
        if (manner == Http2Request.Manner.RESET) {
            later(random.nextInt(300) * MILLI, "resets a stream", () -> {
                if (!quiet && !over && !request.over()) {
                    request.resetSent = true;
                    send(Http2Peer.reset(request.id, 8));
                    move();
                }
            });
        }
        return request;
    }

    private static byte[] connect(Http2Request request) {
        return Http2Peer.headers(
                request.id, false, ":method", "CONNECT", ":authority", "p" + request.plan.number + ":1");
    }

    private byte[] head(Http2Request request, boolean content) {
        List<String> fields = new ArrayList<>();
        if (content && (random.nextBoolean() || request.manner == Http2Request.Manner.SHORT)) {
            int more = request.manner == Http2Request.Manner.SHORT ? 7 : 0;
            fields.addAll(List.of("content-length", "" + (request.content.length + more)));
        }
        if (content && request.content.length > 0 && random.nextInt(7) == 0) {
            fields.addAll(List.of("expect", "100-continue"));
            request.waits = true;
            later(random.nextInt(900) * MILLI, "waits no longer", () -> {
                request.waits = false;
                move();
            });
        }
        if (random.nextInt(5) == 0) {
            fields.addAll(List.of("priority", "u=" + random.nextInt(8) + (random.nextBoolean() ? ", i" : "")));
        }
        return Http2Peer.request(
                request.id, !content, request.plan.method, "/" + request.plan.number, fields.toArray(new String[0]));
    }

    /** Sends as much of a request's content as the windows allow. */
    private void content(Http2Request request, ByteArrayOutputStream out) {
        while (!request.endSent && !request.over() && !request.waits) {
            int left = request.content.length - request.sent;
            int n = (int) Math.min(Math.min(left, MAX_FRAME), Math.min(request.window, window));
            if (left > 0 && n <= 0) {
                return;
            }
            n = random.nextInt(3) == 0 && n > 1 ? 1 + random.nextInt(n) : n;
            n = request.padded ? Math.min(n, 50 + left / 20) : n;
            boolean last = n == left && !request.trailers;
            byte[] piece = Arrays.copyOfRange(request.content, request.sent, request.sent + n);
            int padding = n < 8_000 && (request.padded || random.nextInt(6) == 0) ? 1 + random.nextInt(200) : 0;
            if (padding >= Math.min(request.window, window) - n) {
                padding = 0;
            }
            if (n > 0 || last) {
                out.writeBytes(
                        padding > 0
                                ? padded(request.id, last, piece, padding)
                                : Http2Peer.data(request.id, last, piece));
                window -= n + padding;
                request.window -= n + padding;
            }
            request.sent += n;
            if (n == left) {
                request.endSent = true;
                if (request.trailers) {
                    out.writeBytes(Http2Peer.headers(request.id, true, "x-sum", "1"));
                }
            }
        }
    }

    /** {@return DATA with so many bytes more, of which the first says how many there are at the end} */
    private static byte[] padded(int stream, boolean last, byte[] content, int padding) {
        byte[] payload = new byte[content.length + padding];
        payload[0] = (byte) (padding - 1);
        System.arraycopy(content, 0, payload, 1, content.length);
        return new Http2Frame(Http2Frame.DATA, 8 | (last ? Http2Frame.END_STREAM : 0), stream, payload).bytes();
    }

    /** Lets the server send again what it may have sent, once that is half of it. */
    private void openWindows(ByteArrayOutputStream out) {
        if (withheld) {
            return;
        }
        if (connectionTarget - receive >= connectionTarget / 2) {
            out.writeBytes(Http2Peer.windowUpdate(0, (int) (connectionTarget - receive)));
            receive = connectionTarget;
        }
        for (Http2Request each : requests) {
            if (!each.answered() && !each.over() && initial - each.receive >= initial / 2) {
                out.writeBytes(Http2Peer.windowUpdate(each.id, (int) (initial - each.receive)));
                each.receive = initial;
            }
        }
    }

    /** All requests are over. */
    private void leave() {
        held.look(link.transport.upperEnd());
        int open = held.streams();
        check(
                open == 0
                        || quiet
                        || over
                        || link.transport.closed()
                        || !steady()
                        || world.standing()
                        || world.scarce(), // perhaps not read
                "streams that are left: " + open,
                requests);
        int how = random.nextInt(5);
        if (how == 1 || how == 2) {
            send(new Http2Frame(Http2Frame.GOAWAY, 0, 0, new byte[8]).bytes());
        }
        if (how == 2 || how == 3) {
            link.end();
        } else if (how == 4) {
            link.reset();
        }
        over = how > 1; // else it goes on answering PINGs
    }

    // ---- in

    @Override
    void look(byte[] come, boolean ended) {
        for (Http2Frame frame : peer.newFrames()) {
            take(frame);
        }
        move();
    }

    private void take(Http2Frame frame) {
        world.trace.add(world.now(), link + " frame of type " + frame.type(), frame.stream());
        int index = (frame.stream() - 1) / 2;
        Http2Request request = frame.stream() > 0 && index < requests.size() ? requests.get(index) : null;
        boolean known = request != null && (frame.stream() & 1) == 1;
        check(frame.stream() == 0 || known, "a frame on a stream that was never opened", frame);
        check(frame.payload().length <= MAX_FRAME, "a frame that is too long", frame.type());
        switch (frame.type()) {
            case Http2Frame.DATA -> {
                receive -= frame.payload().length;
                check(receive >= 0, "more DATA than the connection's window allows", frame.stream());
                if (!request.resetSent) {
                    request.data(this, frame);
                }
            }
            case Http2Frame.HEADERS -> {
                var section = peer.section(frame);
                if (!request.resetSent) {
                    request.headers(this, section, frame.has(Http2Frame.END_STREAM));
                }
            }
            case Http2Frame.RST_STREAM -> request.reset(this, frame.intAt(0));
            case Http2Frame.SETTINGS -> settings(frame);
            case Http2Frame.PING -> {
                if (frame.has(Http2Frame.ACK)) {
                    pongs++;
                } else if (!quiet) {
                    send(new Http2Frame(Http2Frame.PING, Http2Frame.ACK, 0, frame.payload()).bytes());
                }
            }
            case Http2Frame.GOAWAY -> {
                check(!steady() || frame.intAt(4) == 0, "GOAWAY that says " + frame.intAt(4), frame);
                lastTaken = Math.min(lastTaken, frame.intAt(0) == Integer.MAX_VALUE ? (1 << 30) : frame.intAt(0));
            }
            case Http2Frame.WINDOW_UPDATE -> {
                if (request == null) {
                    window += frame.intAt(0);
                } else {
                    request.window += frame.intAt(0);
                }
            }
            default -> check(false, "a frame that no server sends", frame);
        }
    }

    private void settings(Http2Frame frame) {
        if (frame.has(Http2Frame.ACK)) {
            Change change = unacknowledged.remove();
            for (Http2Request each : change.streams) {
                each.receive -= change.less;
            }
            return;
        }
        for (int i = 0; i < frame.payload().length; i += 6) {
            int value = frame.intAt(i + 2);
            switch (frame.payload()[i + 1]) {
                case 3 -> limit = Math.min(value, 1 + random.nextInt(8));
                case 4 -> {
                    for (Http2Request each : requests) {
                        each.window += value - serverInitial;
                    }
                    serverInitial = value;
                }
                default -> {}
            }
        }
        if (!quiet) {
            send(new Http2Frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]).bytes());
        }
    }

    // ---- the verdict

    /** {@return whether a request came after the last that the server has taken} */
    boolean leftBehind(int id) {
        return id > lastTaken || world.drained();
    }

    @Override
    void judge() {
        check(held.dropped(), "content that waits on streams that are gone", requests);
        boolean strict = steady() && !world.forced();
        for (Http2Request each : requests) {
            each.judge(this, strict);
        }
        check(!strict || world.drained() || pongs == pings, "PINGs without an answer: " + pings + ", " + pongs, null);
        check(!strict || world.drained() || requests.size() == count, "requests that were never sent", requests.size());
    }

    @Override
    void judgeHeld(Limits limits) {
        Http2Limits bounds = limits.http2();
        long out = 4L * limits.outboundBuffer() + MAX_FRAME + Simulation.OUTPUT_SLACK;
        check(link.transport.pending() <= out, "held out", link.transport.pending());
        check(
                link.transport.kept() <= limits.inboundBuffer() + Simulation.INPUT_SLACK,
                "held in",
                link.transport.kept());
        held.look(link.transport.upperEnd());
        long ofStream = limits.outboundBuffer() + Simulation.BIGGEST + Simulation.OUTPUT_SLACK;
        check(held.mostOut() <= ofStream, "held to be sent on a stream", held.mostOut());
        long window = Math.max(PROTOCOL_WINDOW, bounds.maxStreamWindow());
        check(held.mostIn() <= window, "held for the reader of a stream", held.mostIn());
        check(held.counted(), "not what is counted as unread", held.allIn());
        check(held.allIn() <= bounds.maxConnectionWindow(), "held for readers", held.allIn());
        judgeCounted(held.told());
    }
}
