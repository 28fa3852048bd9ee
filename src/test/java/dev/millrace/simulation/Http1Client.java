package dev.millrace.simulation;

import dev.millrace.http.Limits;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.ResponseParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A client of HTTP/1.1, whose requests {@link Http1Requests} writes: all at once, or each when the one before is answered. */
final class Http1Client extends Client {
    private static final byte[] HEAD = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);

    /** What is done next. */
    private record Part(@Nullable BooleanSupplier barrier, long patience, Runnable action) {}

    private final List<Part> parts = new ArrayList<>();
    private int at;
    private long waitingSince = -1;
    private int matched; // of what a head begins with
    private int continues;
    private int finals;
    private int answered; // the connection's end counts for all
    private int tunnelFrom = -1;
    private int heard;
    private boolean over;

    Http1Client(Simulation world, Link link, Trouble trouble) {
        super(world, link, trouble);
        Http1Requests requests = new Http1Requests(random);
        int count = 1 + random.nextInt(5);
        boolean pipelined = random.nextBoolean();
        int troubled = random.nextInt(count + 1);
        for (int i = 0; i < count; i++) {
            boolean tunnel = i == count - 1 && random.nextInt(12) == 0;
            Plan plan = world.plan(this, tunnel);
            plans.add(plan);
            int before = i;
            byte[] head = requests.head(plan);
            byte[] body = requests.body(plan);
            if (!pipelined) {
                wait(() -> answered >= before, -1);
            }
            if (i == troubled) {
                trouble(head);
            }
            send(head);
            if (requests.expects()) {
                int seen = expectations++;
                wait(() -> continues > seen || answered > before, (100 + random.nextInt(900)) * MILLI);
            }
            if (body.length > 0) {
                boolean cut = i == troubled && random.nextBoolean();
                int half = cut ? random.nextInt(body.length) : body.length;
                send(Arrays.copyOf(body, half));
                if (cut) {
                    trouble(new byte[0]);
                    send(Arrays.copyOfRange(body, half, body.length));
                }
            }
            if (tunnel) {
                wait(() -> tunnelFrom >= 0 || answered > before, -1);
                send(plan.request());
                if (random.nextBoolean()) {
                    wait(() -> heard - tunnelFrom >= plan.requestSize, -1);
                }
                act(link::end);
            }
        }
        if (troubled == count) {
            trouble(new byte[0]);
        }
        if (trouble == Trouble.IS_WRONG) {
            send(requests.wrong());
        }
        wait(() -> answered >= count, -1);
        act(this::leave);
    }

    private int expectations;

    // ---- the script

    private void wait(BooleanSupplier barrier, long patience) {
        parts.add(new Part(barrier, patience, () -> {}));
    }

    private void act(Runnable action) {
        parts.add(new Part(null, 0, action));
    }

    private void send(byte[] bytes) {
        boolean slowly = random.nextInt(10) == 0;
        act(() -> link.send(bytes, slowly));
    }

    private void trouble(byte[] next) {
        int half = next.length == 0 ? 0 : random.nextInt(next.length);
        byte[] begun = Arrays.copyOf(next, half);
        switch (trouble) {
            case RESETS -> act(() -> broken(begun, link::reset));
            case VANISHES -> act(() -> broken(begun, link::vanish));
            case ENDS -> act(() -> broken(begun, link::end));
            case FALLS_SILENT -> act(() -> broken(begun, () -> {}));
            case PAUSES -> {
                long until = (500 + random.nextInt(20_000)) * MILLI;
                long[] since = {-1};
                wait(
                        () -> {
                            since[0] = since[0] < 0 ? world.now() : since[0];
                            return world.now() - since[0] >= until;
                        },
                        until);
            }
            default -> {}
        }
    }

    /** Sends the beginning of something, does something else some time later, and nothing after that. */
    private void broken(byte[] begun, Runnable end) {
        link.send(begun, false);
        over = true;
        long arrival = Math.max(0, link.arrival() - world.now());
        later(random.nextInt(3) == 0 ? random.nextInt(2_000) * MILLI : arrival, "breaks", end);
    }

    private void leave() {
        over = true;
        switch (random.nextInt(4)) {
            case 0 -> {} // stays until the server has had enough
            case 1 -> resetWhenQuiet(heard);
            default -> later(random.nextInt(100) * MILLI, "ends", link::end);
        }
    }

    /** The head of the last response is there, but perhaps not all of its content. */
    private void resetWhenQuiet(int before) {
        later(3_000 * MILLI, "resets", () -> {
            if (heard == before && !world.standing()) {
                link.reset();
            } else {
                resetWhenQuiet(heard);
            }
        });
    }

    @Override
    void start() {
        chooseReading();
        advance();
    }

    private void advance() {
        while (!over && at < parts.size()) {
            Part part = parts.get(at);
            if (part.barrier != null && !part.barrier.getAsBoolean()) {
                if (waitingSince < 0) {
                    waitingSince = world.now();
                    if (part.patience >= 0) {
                        later(part.patience, "goes on", () -> {
                            if (at < parts.size() && parts.get(at) == part) {
                                at++;
                                waitingSince = -1;
                                advance();
                            }
                        });
                    }
                }
                return;
            }
            waitingSince = -1;
            at++;
            part.action.run();
        }
    }

    // ---- what comes

    @Override
    void look(byte[] come, boolean ended) {
        for (int i = 0; i < come.length && tunnelFrom < 0; i++) {
            if (matched == HEAD.length) {
                matched = 0;
                if (come[i] != '1') {
                    finals++;
                } else {
                    continues++; // or another interim one, which is as good
                }
            } else {
                matched = come[i] == HEAD[matched] ? matched + 1 : come[i] == HEAD[0] ? 1 : 0;
            }
        }
        heard += come.length;
        answered = ended ? Integer.MAX_VALUE : finals;
        if (tunnelFrom < 0 && plans.get(plans.size() - 1).act == Act.TUNNEL) {
            lookForTunnel();
        }
        advance();
    }

    private void lookForTunnel() {
        String all = new String(link.transport.received(), StandardCharsets.ISO_8859_1);
        int head = all.startsWith("HTTP/1.1 101") ? 0 : all.lastIndexOf("HTTP/1.1 ");
        int end = head < 0 ? -1 : all.indexOf("\r\n\r\n", head);
        boolean last = end >= 0 && finals >= plans.size() - (all.startsWith("101", head + 9) ? 1 : 0);
        if (last
                && (all.startsWith("101", head + 9)
                        || plans.get(plans.size() - 1).method.equals("CONNECT"))) {
            tunnelFrom = end + 4;
        }
    }

    // ---- the verdict

    @Override
    void judge() {
        boolean cut = link.transport.wasReset() || !link.transport.outputEnded();
        String[] methods = plans.stream().map(plan -> plan.method).toArray(String[]::new);
        List<ParsedResponse> finalOnes = new ArrayList<>();
        List<ParsedResponse> all = ResponseParser.parseWhatCame(link.transport.received(), !cut, methods);
        for (ParsedResponse response : all) {
            if (response.status() >= 200 || response.status() == 101) {
                finalOnes.add(response);
            } else if (response.status() == 0) {
                // or the content of a refusal that came before it was known that HEAD is asked
                check(!strict() || world.scarce(), "a head that is cut off", response);
            }
        }
        boolean untunnelled =
                world.scarce() && plans.get(plans.size() - 1).act == Act.TUNNEL; // what follows is no request
        int most = plans.size() + (trouble == Trouble.IS_WRONG || untunnelled ? 1 : 0);
        check(finalOnes.size() <= most, "more responses than requests", finalOnes);
        for (int i = 0; i < plans.size(); i++) {
            Plan plan = plans.get(i);
            ParsedResponse response = i < finalOnes.size() ? finalOnes.get(i) : null;
            boolean last = i == finalOnes.size() - 1;
            if (response == null) {
                ParsedResponse before = i == 0 || i > finalOnes.size() ? null : finalOnes.get(i - 1);
                boolean allowed = !strict()
                        || i > finalOnes.size()
                        || plan.act.breaksOff && link.transport.wasReset() // nothing of it may have come
                        || before != null && (before.closes() || !before.complete())
                        || i > 0 && plans.get(i - 1).requestSize > world.discard() // which was not read
                        || i > 0 && plans.get(i - 1).mayBeComplete() // and broke off at its end
                        || world.drained() && plan.handled == 0;
                check(allowed, "no response", plan);
            } else if (!response.complete()) {
                check(last, "an incomplete response before another one", plan);
                check(!strict() || plan.act.breaksOff, "an incomplete response: " + response, plan);
            } else {
                judge(plan, response);
            }
            judgeServed(plan, response != null && response.complete());
        }
        if (finalOnes.size() > plans.size()) {
            ParsedResponse refusal = finalOnes.get(plans.size());
            check(refusal.status() >= 400 && refusal.closes(), "a wrong request is not refused", refusal);
        }
    }

    private boolean strict() {
        return steady() && !world.forced();
    }

    private void judge(Plan plan, ParsedResponse response) {
        int status = response.status();
        String what = status + " " + response;
        boolean usual = status == plan.act.status
                || status == 200 && plan.head()
                || status == 200 && plan.mayBeComplete()
                || status == 500 && plan.act == Act.READER_THROWS
                || plan.act == Act.TUNNEL && (status == 101 || status == 200);
        boolean late = status == 408 || status == 503 || status == 400;
        boolean busy = status == 503 && world.scarce();
        check(
                usual || !strict() && late || tooSlow(plan, status) || busy || status == 417,
                "not what was to be answered: " + what,
                plan);
        if (plan.act == Act.TUNNEL && (status == 101 || status == 200)) {
            byte[] sent = plan.request();
            int n = response.content().length;
            check(n <= sent.length, "more than was sent into the tunnel: " + n, plan);
            check(
                    Arrays.equals(response.content(), 0, n, sent, 0, n) && (n == sent.length || !strict()),
                    "not what was sent into the tunnel: " + n,
                    plan);
        } else if (usual && (status == 200 || status == 204)) {
            check(Handlers.names(response.headers(), plan), "the response of another request: " + what, plan);
            if (!plan.head() && status == 200) {
                check(plan.matches(response.content()), "wrong content: " + what, plan);
            }
        }
    }

    @Override
    void judgeHeld(Limits limits) {
        long out = limits.outboundBuffer() + Simulation.BIGGEST + Simulation.OUTPUT_SLACK;
        check(link.transport.pending() <= out, "held out: ", link.transport.pending());
        long in = limits.inboundBuffer() + Simulation.INPUT_SLACK + limits.headerSection();
        check(link.transport.kept() <= in, "held in: ", link.transport.kept());
        judgeCounted(0);
    }
}
