package dev.millrace.internal.loop;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.time.NonBlocking;
import dev.millrace.internal.time.TimerWheel;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.LoopBuffers;
import dev.millrace.observe.ConnectionSnapshot;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One thread, one selector, one timer wheel, and all that happens to the connections that live here. A turn is: serve what
 * is ready, run the tasks that other threads handed over, expire deadlines. Time is read once a turn, and now and then in a
 * long one.
 */
public final class EventLoop implements Loop, Consumer<SelectionKey> {
    private static final int READ_BUFFER = 64 << 10;

    // What is being done where a loop catches whatever is thrown. Not constants: a literal takes memory when it is
    // first
    // used, and that is when there may be none.
    private static final String TURN = words("an event loop's turn");
    private static final String TASK = words("a task on an event loop");
    private static final String SERVING = words("serving a connection");
    private static final String SENDING = words("sending what an event has brought");

    /** Turns in a row for nothing after which the selector counts as broken. */
    private static final int SPINS = 1024;

    /** A selector is not replaced more often than this. */
    private static final long REPLACE_NANOS = 60_000_000_000L;

    private static final long SPIN_PAUSE_NANOS = 10_000_000;

    /** Time is read again after so many connections: a turn with thousands of them is long, and no single one blocks it. */
    private static final int FEW = 64;

    private static final VarHandle BUSY_SINCE;
    private static final VarHandle ASLEEP;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BUSY_SINCE = lookup.findVarHandle(EventLoop.class, "busySince", long.class);
            ASLEEP = lookup.findVarHandle(EventLoop.class, "asleep", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The thread of a loop, which must not wait. */
    private static final class LoopThread extends Thread implements NonBlocking {
        LoopThread(Runnable body, String name) {
            super(body, name);
        }
    }

    private final Thread thread;
    private final Clock clock;
    private final GuardedWatcher watcher;
    private final TaskQueue tasks = new TaskQueue();
    private final LoopBuffers buffers;
    private final TimerWheel wheel;
    private final Staging staging = new Staging();
    private final DirectCopies directCopies = new DirectCopies();
    private final EventEnd eventEnd = new EventEnd(this);
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BUFFER);
    private final byte[] readBytes = new byte[READ_BUFFER];
    private Selector selector;
    private long now;
    private int served;
    private int spins;
    private final Recovery recovery = new Recovery(this);
    private long replaced;

    /** How many connections live here or are on their way. */
    private final AtomicInteger connections = new AtomicInteger();

    /** When the loop began with what it is doing, 0 while it waits: for {@link BlockedLoopGuard}. */
    @SuppressWarnings("UnusedVariable") // read and written through BUSY_SINCE
    private long busySince;

    /** Whether the loop waits, or is about to, and has to be woken for a task. */
    @SuppressWarnings("UnusedVariable") // read and written through ASLEEP
    private volatile boolean asleep;

    private volatile boolean stopped;
    private volatile boolean ended;

    /**
     * A loop that does not run yet.
     *
     * @param name of its thread
     * @param clock the source of time
     * @param watcher is told what goes wrong
     * @param bound of what its connections hold, together with those of other loops
     * @throws IOException if the operating system gives no selector
     */
    @SuppressWarnings("this-escape") // hands over tasks once it runs
    EventLoop(String name, Clock clock, LoopWatcher watcher, BufferBound bound) throws IOException {
        this.clock = clock;
        this.watcher = GuardedWatcher.of(watcher);
        this.selector = Selector.open();
        this.now = clock.nanos();
        this.wheel = new TimerWheel(now);
        this.buffers = bound.on(this);
        this.thread = new LoopThread(this::run, name);
    }

    private static String words(String text) {
        return text;
    }

    void start() {
        thread.start();
    }

    /** Ends the loop after this turn; what is still open on it is cut off. Safe for any thread. */
    void stop() {
        stopped = true;
        selector.wakeup();
    }

    /** {@return whether the loop has ended, and runs no task any more. Safe for any thread} */
    public boolean ended() {
        return ended;
    }

    Thread thread() {
        return thread;
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (asleep && ASLEEP.compareAndSet(this, true, false)) {
            selector.wakeup();
        }
    }

    @Override
    public long now() {
        assert inLoop();
        return now;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public LoopBuffers buffers() {
        return buffers;
    }

    @Override
    public void afterEvent(AfterEvent collector) {
        eventEnd.collector(collector);
    }

    @Override
    public void atEventEnd(AfterEvent last) {
        eventEnd.add(last);
    }

    /** The end of an event: sends what it has brought. */
    void flush() {
        eventEnd.come();
        staging.flush();
    }

    @Override
    public void arm(Deadline deadline, long due) {
        wheel.arm(deadline, due);
    }

    @Override
    public void armAtMost(Deadline deadline, long due) {
        wheel.armAtMost(deadline, due);
    }

    @Override
    public void cancel(Deadline deadline) {
        wheel.cancel(deadline);
    }

    @Override
    public void report(String what, Throwable error) {
        watcher.error(what, error);
    }

    TimerWheel wheel() {
        return wheel;
    }

    Staging staging() {
        return staging;
    }

    DirectCopies directCopies() {
        return directCopies;
    }

    /** {@return the buffer that the loop's sockets are read into; its content belongs to the call} */
    ByteBuffer readBuffer() {
        return readBuffer;
    }

    /** {@return the array that protocols are shown; its content belongs to the call} */
    byte[] readBytes() {
        return readBytes;
    }

    /** {@return the number of connections that live here or are on their way. Safe for any thread} */
    AtomicInteger connections() {
        return connections;
    }

    /** {@return since when the loop is busy with its turn, 0 while it waits. Safe for any thread} */
    long busySince() {
        return (long) BUSY_SINCE.getOpaque(this);
    }

    SelectionKey register(SelectableChannel channel, int ops, Selectable attachment) throws IOException {
        assert inLoop();
        return channel.register(selector, ops, attachment);
    }

    /** {@return the connections of an owner that live here, as they are now} */
    List<ConnectionSnapshot> snapshots(SocketOwner owner) {
        List<ConnectionSnapshot> found = new ArrayList<>();
        for (SocketTransport transport : transportsOf(owner)) {
            found.add(transport.snapshot());
        }
        return found;
    }

    /** Asks the connections of an owner that live here to end. */
    void drain(SocketOwner owner, boolean patient) {
        for (SocketTransport transport : transportsOf(owner)) {
            try {
                transport.drain(patient);
                flush();
            } catch (Throwable e) {
                failed(transport, SERVING, e);
            }
        }
    }

    /** Ends the connections of an owner that live here, or are on their way, at once. */
    void force(SocketOwner owner) {
        for (Selectable each : of(owner, Selectable.class)) {
            each.cutOff();
        }
    }

    private List<SocketTransport> transportsOf(SocketOwner owner) {
        return of(owner, SocketTransport.class);
    }

    private <T extends Selectable> List<T> of(SocketOwner owner, Class<T> kind) {
        List<T> found = new ArrayList<>();
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && kind.isInstance(key.attachment())) {
                T each = kind.cast(key.attachment());
                if (each.isOf(owner)) {
                    found.add(each);
                }
            }
        }
        return found;
    }

    private void run() {
        for (int failures = 0; !stopped; ) {
            try {
                failures = turnHolds() ? 0 : failures + 1;
                if (failures > 1) {
                    LockSupport.parkNanos(SPIN_PAUSE_NANOS); // others may be about to give memory back
                }
            } catch (Throwable e) { // not even the first failure could be dealt with
                failures++;
            }
        }
        try {
            tasks.runAll(this);
            for (SelectionKey key : List.copyOf(selector.keys())) {
                cutOff((Selectable) key.attachment());
            }
            tasks.runAll(this); // tells the protocols
            tasks.runAll(this); // and they tell those who wait for them
            flush();
            selector.close();
        } catch (Throwable e) {
            watcher.error("closing a selector", e);
        } finally {
            ended = true;
        }
    }

    /** A turn; says whether nothing was thrown. A loop that ends would leave its connections hanging for ever. */
    private boolean turnHolds() {
        try {
            turn();
            return true;
        } catch (Throwable e) {
            BUSY_SINCE.setOpaque(this, 0L);
            gaveUp();
            watcher.error(TURN, e);
            return false;
        }
    }

    private void cutOff(Selectable selectable) {
        try {
            selectable.cutOff();
        } catch (RuntimeException | Error e) { // the others end all the same
            watcher.error("ending a loop", e);
        }
    }

    private void turn() throws IOException {
        if (Thread.interrupted()) { // left behind by a handler; the selector would not wait any more
            report("an event loop's turn", new InterruptedException("something interrupted an event loop; ignored"));
        }
        long sleep = recovery.urgent() ? 0 : wheel.nanosToNext(now);
        served = 0;
        asleep = true; // from here on whoever adds a task wakes the selector
        long before = now;
        int ready;
        if (sleep == 0 || !tasks.isEmpty()) {
            asleep = false;
            ready = selector.selectNow(this);
        } else if (sleep == Long.MAX_VALUE) {
            ready = selector.select(this);
        } else {
            ready = selector.select(this, (sleep + 999_999) / 1_000_000);
        }
        asleep = false;
        if (served == 0) {
            awake();
        }
        boolean worked = ready > 0 || !tasks.isEmpty();
        tasks.runAll(this);
        worked |= wheel.advance(now) > 0;
        flush();
        recovery.recover(now);
        BUSY_SINCE.setOpaque(this, 0L);
        if (worked || now - before >= 1_000_000) {
            spins = 0;
        } else if (++spins == SPINS) {
            spins = 0;
            if (replaced == 0 || now - replaced > REPLACE_NANOS) {
                replaced = now | 1;
                replaceSelector();
            } else {
                LockSupport.parkNanos(SPIN_PAUSE_NANOS); // a new one did not help: at least leave others the processor
            }
        }
    }

    private void awake() {
        now = clock.nanos();
        BUSY_SINCE.setOpaque(this, now | 1); // never 0
    }

    /** Serves one ready key; called by the selector. */
    @Override
    public void accept(SelectionKey key) {
        if (served++ % FEW == 0) {
            asleep = false; // tasks that are added from now on run in this turn
            awake();
        }
        if (!key.isValid()) {
            return; // what was served before it has closed it
        }
        Selectable selectable = (Selectable) key.attachment();
        try {
            selectable.ready(key.readyOps());
            flush();
        } catch (Throwable e) {
            failed(selectable, SERVING, e);
        }
    }

    /** Gives up one connection, whose failure is not the others'. */
    void failed(Selectable selectable, String what, Throwable error) {
        gaveUp();
        try {
            selectable.failed(error); // first: it gives memory back
        } catch (Throwable e) { // no memory is left for that: a connection is seen to again
            watcher.error(what, e);
        }
        watcher.error(what, error);
    }

    /** Gives up one connection that could not send. */
    void failed(AfterEvent sender, Throwable error) {
        gaveUp();
        try {
            sender.failed(error);
        } catch (Throwable e) { // its deadlines see to it
            watcher.error(SENDING, e);
        }
        watcher.error(SENDING, error);
    }

    /** Has a connection tell that it has ended, soon. */
    void endLater(SocketTransport transport) {
        try {
            execute(transport);
        } catch (Throwable e) { // no memory for a task
            recovery.endLater(transport);
        }
    }

    /** Something was given up, perhaps for lack of memory. */
    void gaveUp() {
        recovery.needed();
    }

    void runTask(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) { // one task's failure is not the others'
            watcher.error(TASK, e);
        }
    }

    /** A selector that returns at once for nothing, again and again, is broken: moves all keys to a new one. */
    private void replaceSelector() throws IOException {
        Selector broken = selector;
        selector = Selector.open();
        KeyMove.all(broken, selector, this);
        broken.close();
        watcher.error(
                "waiting for events", new IOException("a selector returned " + SPINS + " times for nothing; replaced"));
    }
}
