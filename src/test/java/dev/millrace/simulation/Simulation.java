package dev.millrace.simulation;

import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.MemoryServer;
import dev.millrace.testkit.StepExecutor;
import dev.millrace.testkit.TestLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One simulated world, made of a seed: a server's loop with its connections, clients on a network, handlers, and time. All
 * that happens is on the {@link Agenda} or a deadline of the loop; nothing else moves, so that a seed is always the same.
 *
 * <p>While it runs, what is held is compared with its bounds after each step. When nothing is left to happen, time passes
 * until every deadline has; then nothing may be left, and each client judges what it has heard.
 */
final class Simulation implements ConnectionListener {
    /** The largest content that is given in one piece. */
    static final int BIGGEST = 90_000;

    /** What may wait for a peer beyond its bound: the pieces that were asked for, heads, and frames of one read. */
    static final long OUTPUT_SLACK = 4L * Handlers.PIECE + 4_000;

    /** What may wait for the protocol beyond its bound: the last read. */
    static final long INPUT_SLACK = 3_100;

    private static final long MILLI = 1_000_000;

    /** A world in which more happens never comes to its end. */
    private static final int MOST_STEPS = 60_000;

    private static final Limits[] LIMITS = {
        limits(2_000, 1_000, 1_500, 1_000, 3_000, 4),
        limits(6_000, 3_000, 9_000, 65_535, 200_000, 8),
        limits(30_000, 30_000, 2_000, 5_000, 5_000, 3)
    };

    private static final Timeouts[] TIMEOUTS = {
        timeouts(9, 7, 8, 12, 5, 2, 20, 4, 6),
        timeouts(4, 5, 6, 7, 11, 3, 13, 5, 9),
        timeouts(6, 9, 4, 5, 5, 1, 6, 3, 4)
    };

    private static Limits limits(int out, int in, int discard, int window, int maxWindow, int streams) {
        return Limits.defaults()
                .withOutboundBuffer(out)
                .withInboundBuffer(in)
                .withDiscard(discard)
                .withRequestLine(4_000)
                .withHeaderSection(4_000)
                .withHttp2(Http2Limits.defaults()
                        .withConcurrentStreams(streams)
                        .withStreamWindow(window)
                        .withMaxStreamWindow(maxWindow)
                        .withConnectionWindow(65_535)
                        .withMaxConnectionWindow(streams * Math.max(65_535, maxWindow)));
    }

    private static Timeouts timeouts(
            int firstByte, int headers, int window, int handler, int idle, int linger, int tunnel, int ack, int ping) {
        return Timeouts.defaults()
                .withFirstByte(Duration.ofSeconds(firstByte))
                .withHeaders(Duration.ofSeconds(headers))
                .withProgressWindow(Duration.ofSeconds(window))
                .withProgressRate(20)
                .withHandler(Duration.ofSeconds(handler))
                .withKeepAliveIdle(Duration.ofSeconds(idle))
                .withLinger(Duration.ofSeconds(linger))
                .withTunnelIdle(Duration.ofSeconds(tunnel))
                .withSettingsAck(Duration.ofSeconds(ack))
                .withPing(Duration.ofSeconds(ping));
    }

    private static final List<Client.Trouble> TROUBLES = List.of(Client.Trouble.values());

    private enum Stop {
        NONE,
        DRAINED,
        FORCED
    }

    final Agenda agenda = new Agenda();
    final Trace trace;
    private final long seed;
    private final Random random;
    private final TestLoop loop;
    private final long began; // by the loop's time, which may be about to wrap
    private final StepExecutor executor;
    private final boolean blocking;
    private final boolean scarce; // memory: 503 may come at any time
    private final MemoryServer server;
    private final Limits limits;
    private final Punctuality punctuality;
    private final List<Plan> plans = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private Stop stop = Stop.NONE;
    private long drainedAt = -1;
    private long onNetwork = -1; // the time on the network, while the loop stands still
    private long stoodStill; // until when the loop last stood still
    private int executing;
    private int reported;

    /**
     * A world in which nothing has happened yet.
     *
     * @param seed decides everything
     * @param file what is served from it: {@link Plan#letters} from number 0 on
     * @param metrics counts; what it counts is not looked at
     * @param readable whether the trace is kept in words
     */
    Simulation(long seed, Path file, Metrics.Recorder metrics, boolean readable) {
        this.seed = seed;
        this.trace = new Trace(readable);
        this.random = new Random(seed * 0x9e3779b97f4a7c15L + 1);
        long start = random.nextInt(4) == 0 ? Long.MAX_VALUE - 3_000 * MILLI + 77 : 0;
        this.scarce = random.nextInt(3) == 0;
        long most = scarce ? 300L << random.nextInt(10) : 1L << 40;
        this.loop = new TestLoop(new ManualClock(start), new BufferBound(most, 1));
        this.began = loop.now();
        this.executor = new StepExecutor(loop);
        this.limits = LIMITS[random.nextInt(LIMITS.length)];
        Timeouts timeouts = TIMEOUTS[random.nextInt(TIMEOUTS.length)];
        this.punctuality = new Punctuality(timeouts);
        this.blocking = random.nextInt(5) == 0;
        Handlers handlers = new Handlers(this, file);
        Dispatcher dispatcher = blocking
                ? Dispatcher.blocking(handlers::blocking, executor, limits.handlers(), this::failed)
                : Dispatcher.async(handlers::handle, executor, this::failed);
        Observer observer = new Observer(metrics, List.of(this), () -> true, loop::report);
        this.server = new MemoryServer(loop, limits, timeouts, dispatcher, observer);
        int count = random.nextInt(3) == 0 ? 2 + random.nextInt(2) : 1;
        for (int i = 0; i < count; i++) {
            agenda.at(now() + random.nextInt(60) * MILLI, "connects", null, this::connect);
        }
        if (random.nextInt(6) == 0) {
            chooseStop();
        }
        if (random.nextInt(5) == 0) {
            long span = random.nextInt(1 << (8 + random.nextInt(9))) * MILLI;
            agenda.at(now() + random.nextInt(1_500) * MILLI, "stands still", null, () -> standsStill(span));
        }
        if (random.nextInt(8) == 0) {
            long millis = 946_684_800_000L + random.nextInt(1_000_000_000) - 500_000_000;
            agenda.at(
                    now() + random.nextInt(500) * MILLI,
                    "wall clock",
                    null,
                    () -> loop.manualClock().setEpochMillis(millis));
        }
    }

    /** As a server's stop does it: all are asked to end, and what is left at the deadline is cut off. */
    private void chooseStop() {
        long deadline = random.nextInt(1 << (8 + random.nextInt(8))) * MILLI;
        agenda.at(now() + random.nextInt(400) * MILLI, "drains", null, () -> {
            stop = Stop.DRAINED;
            drainedAt = now();
            links.forEach(link -> link.transport.drain());
            agenda.at(now() + deadline, "forces", null, this::force);
        });
    }

    private void force() {
        for (Link link : links) {
            if (!link.transport.closed()) {
                stop = Stop.FORCED;
                link.transport.abort(CloseReason.DRAIN_FORCED, null);
            }
        }
        loop.runTasks();
        if (links.stream().anyMatch(link -> link.transport.closings().isEmpty())) {
            throw new AssertionError("left after the deadline of a stop: " + links);
        }
    }

    TestLoop loop() {
        return loop;
    }

    /** {@return when something happened last that a request's connection can feel} */
    long moved(Plan plan) {
        long link = clients.stream()
                .filter(client -> client.plans.contains(plan))
                .mapToLong(client -> client.link.moved)
                .max()
                .orElse(0);
        return Math.max(link, stoodStill);
    }

    /** {@return how long a handler may take, with what a deadline may be late} */
    long handlerNanos() {
        return punctuality.handlerNanos();
    }

    /** {@return whether there is so little memory that requests may be refused} */
    boolean scarce() {
        return scarce;
    }

    int discard() {
        return limits.discard();
    }

    boolean drained() {
        return stop != Stop.NONE;
    }

    /** {@return whether the loop is standing still} */
    boolean standing() {
        return onNetwork >= 0;
    }

    /** {@return whether the loop has stood still} */
    boolean stoodStill() {
        return stoodStill > 0;
    }

    boolean forced() {
        return stop == Stop.FORCED;
    }

    /** {@return nanoseconds since the world's beginning} */
    long now() {
        return onNetwork >= 0 ? onNetwork : loop.now() - began;
    }

    // ---- who takes part

    private void connect() {
        if (drained()) {
            return; // a server that is stopping accepts nobody
        }
        Random own = new Random(random.nextLong());
        Link link = new Link(links.size(), this, server.accept(), own);
        links.add(link);
        Client.Trouble trouble = own.nextBoolean() ? Client.Trouble.NONE : TROUBLES.get(own.nextInt(TROUBLES.size()));
        Client client = newClient(link, trouble);
        clients.add(client);
        trace.add(now(), client.getClass().getSimpleName() + " " + trouble, link.number);
        client.start();
    }

    private Client newClient(Link link, Client.Trouble trouble) {
        return link.random.nextBoolean() ? new Http1Client(this, link, trouble) : new Http2Client(this, link, trouble);
    }

    /** {@return the plan of the next request of a client} */
    Plan plan(Client client, boolean tunnel) {
        Random own = client.random;
        Act act = tunnel ? Act.TUNNEL : Plans.act(own, blocking);
        String method = tunnel
                ? (client instanceof Http2Client || own.nextBoolean() ? "CONNECT" : "GET")
                : Plans.method(own, act);
        boolean content = method.equals("POST") || tunnel;
        Plan plan =
                new Plan(plans.size(), act, method, content ? Plans.size(own) : 0, Plans.responseSize(own, act), seed);
        plans.add(plan);
        trace.add(now(), plan.toString(), link(client));
        return plan;
    }

    private static int link(Client client) {
        return client.link.number;
    }

    Plan planOf(Request request) {
        String name = request.method().name().equals("CONNECT")
                ? request.target().substring(1, request.target().indexOf(':'))
                : request.path().substring(1);
        return plans.get(Integer.parseInt(name));
    }

    // ---- what the server says

    private void failed(Request request, Throwable error) {
        planOf(request).errors.add(error);
    }

    @Override
    public void requestStarted(ConnectionInfo connection, Request request) {
        Plan plan = planOf(request);
        plan.started++;
        plan.refused = loop.buffers().pressed();
    }

    @Override
    public void requestEnded(ConnectionInfo connection, Request request, @Nullable Status status, long nanos) {
        Plan plan = planOf(request);
        plan.ended++;
        plan.endedWith = status;
    }

    // ---- what happens

    /** Something that a handler does later, on the loop or on another thread. */
    void step(long delay, Plan plan, boolean outside, Runnable action) {
        agenda.at(now() + delay, "step", null, () -> {
            trace.add(now(), "step of", plan.number);
            for (Link link : links) {
                link.moved = now();
            }
            if (outside) {
                loop.outside(action);
            } else {
                action.run();
            }
        });
    }

    /** Runs the world to its end, and judges. */
    void run() {
        int steps = 0;
        while (true) {
            loop.runTasks();
            look();
            long toDeadline = loop.nanosToNext();
            long next = agenda.nextAt();
            if (next == Long.MAX_VALUE && toDeadline == Long.MAX_VALUE) {
                break;
            }
            if (++steps > MOST_STEPS) {
                throw new AssertionError("it never ends");
            }
            if (toDeadline < next - now()) {
                pass(toDeadline);
            } else {
                pass(next - now());
                turn(steps);
            }
        }
        pass(0); // and sees what has ended last
        end();
    }

    /** What happens in one turn of the loop: an event, or two on different connections, and then the tasks. */
    private void turn(int steps) {
        Agenda.Entry first = agenda.next();
        happen(first, steps);
        if (agenda.nextAt() == now() && random.nextInt(4) == 0) {
            Agenda.Entry second = agenda.next();
            if (first.link() == null || second.link() == null || first.link() == second.link()) {
                loop.runTasks();
            }
            happen(second, steps);
        }
    }

    /**
     * The loop does nothing for a while, as when something blocks it; the clients go on. What has arrived by the end of it is
     * seen before any deadline is, so that nobody is blamed for what came in time.
     */
    private void standsStill(long span) {
        loop.flush();
        links.forEach(Link::lookSoon); // what was sent before is on its way
        long end = now() + span;
        List<Agenda.Entry> waiting = new ArrayList<>();
        while (agenda.nextAt() <= end) {
            Agenda.Entry entry = agenda.next();
            if (entry.far()) {
                onNetwork = entry.at();
                entry.action().run();
            } else {
                waiting.add(entry);
            }
        }
        onNetwork = -1;
        loop.standStill(Duration.ofNanos(span));
        stoodStill = end;
        for (Agenda.Entry entry : waiting) {
            loop.runTasks();
            happen(entry, waiting.size());
        }
        loop.advance(Duration.ZERO);
    }

    private void happen(Agenda.Entry entry, int steps) {
        trace.add(now(), entry.what(), steps);
        entry.action().run();
        loop.flush();
    }

    private void pass(long nanos) {
        loop.advance(Duration.ofNanos(nanos));
        for (Link link : links) {
            if (!link.transport.closed()) {
                punctuality.judge(link, now(), drainedAt, stoodStill);
            } else if (link.closed < 0) {
                link.closed = now();
            }
        }
    }

    private void look() {
        while (executing < executor.waiting()) {
            executing++;
            agenda.at(now() + random.nextInt(3) * MILLI, "a thread", null, () -> {
                executing--;
                executor.step();
            });
        }
        for (int i = 0; i < clients.size(); i++) {
            clients.get(i).judgeHeld(limits);
            links.get(i).lookSoon();
        }
        lookAtBound();
        for (; reported < loop.reports().size(); reported++) {
            TestLoop.Report report = loop.reports().get(reported);
            if (!(report.error() instanceof Handlers.Scripted)) {
                throw new AssertionError("reported: " + report.what() + ": " + report.error(), report.error());
            }
        }
    }

    /** The bound of what all connections hold: counted right, and seen to. */
    private void lookAtBound() {
        long all = 0;
        for (Link link : links) {
            all += link.transport.holding().bytes();
            if (!loop.bound().pressed() && link.transport.holding().heldBack()) {
                throw new AssertionError(link + " is held back though nothing is the matter");
            }
        }
        long held = loop.bound().bytes();
        long slack = loop.bound().most() / 8 + 2;
        boolean right = loop.bound().pressed()
                ? held >= loop.bound().most() * 3 / 4 - slack
                : held < loop.bound().most() + slack;
        if (all != held || !right || loop.bound().pressed() != loop.buffers().pressed()) {
            throw new AssertionError("all hold " + all + ", counted are " + held + " of "
                    + loop.bound().most() + ", pressed: " + loop.bound().pressed());
        }
    }

    private void end() {
        for (Link link : links) {
            List<CloseReason> closings = link.transport.closings();
            if (closings.size() != 1 || closings.get(0) == CloseReason.INTERNAL_ERROR) {
                throw new AssertionError(link + " has closed for " + closings);
            }
            if (link.transport.pending() != 0 || link.transport.kept() != 0) {
                throw new AssertionError(link + " leaves bytes");
            }
            if (closings.get(0) == CloseReason.DRAIN_FORCED && !forced()) {
                throw new AssertionError(link + " was cut off before the deadline of the stop");
            }
            punctuality.judgeEnd(link, closings.get(0), drainedAt);
            trace.add(now(), closings.get(0).name(), link.number);
        }
        if (loop.bound().bytes() != 0 || loop.bound().pressed()) {
            throw new AssertionError(loop.bound().bytes() + " bytes are counted that nobody holds");
        }
        if (loop.armed() != 0 || loop.waitingTasks() != 0 || executor.waiting() != 0) {
            throw new AssertionError("left: " + loop.armed() + " deadlines, " + loop.waitingTasks() + " tasks");
        }
        clients.forEach(Client::judge);
    }

    /** {@return why connections ended} */
    List<CloseReason> closings() {
        return links.stream().map(link -> link.transport.closings().get(0)).toList();
    }
}
