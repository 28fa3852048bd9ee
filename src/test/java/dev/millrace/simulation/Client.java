package dev.millrace.simulation;

import dev.millrace.http.Limits;
import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A client on a link: says its part, hears the server, and judges at the end what it has heard. */
abstract class Client {
    static final long MILLI = 1_000_000;

    /** What goes wrong on the client's side. With {@link #NONE} it does all that a server can expect. */
    enum Trouble {
        NONE,
        /** Resets the connection somewhere. */
        RESETS,
        /** Is gone somewhere. */
        VANISHES,
        /** Ends its direction somewhere. */
        ENDS,
        /** Says nothing for a long time, and goes on. */
        PAUSES,
        /** Stops reading and never goes on. */
        READS_NOT,
        /** Stops reading for a while. */
        READS_LATE,
        /** Says something wrong. */
        IS_WRONG,
        /** Says nothing more. */
        FALLS_SILENT
    }

    final Simulation world;
    final Link link;
    final Random random;
    final Trouble trouble;
    final List<Plan> plans = new ArrayList<>();

    Client(Simulation world, Link link, Trouble trouble) {
        this.world = world;
        this.link = link;
        this.random = link.random;
        this.trouble = trouble;
        link.connect(this);
    }

    /**
     * {@return whether it does all that a server can expect. A transport in memory has no kernel below it that would go on
     * sending while the loop stands still, so nobody can expect that of a slow reader then}
     */
    final boolean steady() {
        return trouble == Trouble.NONE && !(world.stoodStill() && link.readsInDrops());
    }

    /**
     * {@return whether that may be the answer of a handler that needed the loop more than once while it stood still: deadlines
     * go by the clock, and its time was over when the loop went on}
     */
    final boolean tooSlow(Plan plan, int status) {
        return status == 503 && plan.act == Act.CANCEL_READING && world.stoodStill();
    }

    /** Begins. */
    abstract void start();

    /**
     * Something has come.
     *
     * @param come what has come since the last look
     * @param ended whether nothing more comes
     */
    abstract void look(byte[] come, boolean ended);

    /** Judges, when all is over. */
    abstract void judge();

    /** Judges the bounds of what is held for this connection, at any time. */
    abstract void judgeHeld(Limits limits);

    /** Judges that what is held is counted: by the transport, and above it. */
    final void judgeCounted(long above) {
        long held = link.transport.closed() ? 0 : link.transport.held() + above;
        long counted = link.transport.holding().bytes();
        check(counted == held, "held are " + held + " bytes, but counted", counted);
    }

    final void later(long nanos, String what, Runnable action) {
        world.agenda.atClient(world.now() + nanos, what, link, action);
    }

    /** Chooses how this client reads. */
    final void chooseReading() {
        switch (trouble) {
            case READS_NOT -> later(random.nextInt(300) * MILLI, "stops reading", link::stopReading);
            case READS_LATE -> {
                later(random.nextInt(100) * MILLI, "stops reading", link::stopReading);
                later((200 + random.nextInt(12_000)) * MILLI, "reads again", link::readAll);
            }
            default -> {
                if (random.nextInt(4) == 0) {
                    link.readDrops(200 + random.nextInt(3_000), (1 + random.nextInt(40)) * MILLI);
                }
            }
        }
    }

    final void check(boolean right, String what, @Nullable Object about) {
        if (!right) {
            throw new AssertionError(
                    link + ", " + trouble + ": " + what + ": " + about + ", closed for " + link.transport.closings());
        }
    }

    /** What holds for each request that has reached a handler, whatever its client did. */
    final void judgeServed(Plan plan, boolean answered) {
        check(plan.handled <= 1, "handled more than once", plan);
        check(
                plan.started == plan.ended && plan.started <= 1,
                "started and ended: " + plan.started + ", " + plan.ended,
                plan);
        if (plan.handled == 0) {
            return;
        }
        check(plan.started == 1, "observers were not told", plan);
        boolean late = plan.act == Act.NEVER && plan.waited > world.handlerNanos();
        check(!late, "a handler that is given up too late, after " + plan.waited / MILLI + " ms", plan);
        if (!answered) {
            boolean over = plan.cancelled != null && plan.cancelled.isDone();
            check(over || plan.endedWith != null, "neither answered nor cancelled", plan);
        }
        if (plan.reader != null) {
            check(plan.reader.ended() || plan.readerCancelled || plan.mayReport, "a reader that hears of no end", plan);
            Throwable error = plan.reader.error();
            check(
                    error == null
                            || error instanceof dev.millrace.http.HttpException
                            || error instanceof IllegalStateException,
                    "a reader's error has no type: " + error,
                    plan);
        }
        if (plan.publisher != null) {
            check(
                    plan.published || plan.publisher.cancelled() || !plan.publisher.subscribed(),
                    "a publisher is left alone",
                    plan);
        }
        check(plan.writes.stream().allMatch(w -> w.isDone()), "a tunnel's write is left alone", plan);
        check(plan.tunnelClosed == null || plan.tunnelClosed.isDone(), "a tunnel does not end", plan);
        for (Throwable error : plan.errors) {
            check(
                    error instanceof Handlers.Scripted
                            || error instanceof Handlers.ScriptedError
                            || Act.BLAMED.contains(plan.act)
                                    && (error instanceof IllegalStateException
                                            || error instanceof NullPointerException),
                    "an error that nobody provoked: " + error,
                    plan);
        }
    }
}
