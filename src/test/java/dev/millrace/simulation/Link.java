package dev.millrace.simulation;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ConnectionState;
import dev.millrace.testkit.MemoryTransport;
import java.util.Arrays;
import java.util.Random;

/**
 * The simulated network between a client and one connection of the server: bytes arrive late and in pieces, but in order;
 * the client reads at once, in drops, or not at all.
 */
final class Link {
    private static final long MILLI = 1_000_000;

    /** A reader that takes drops has enough of it after so many. */
    private static final int MOST_DROPS = 400;

    final int number;
    final Simulation world;
    final MemoryTransport transport;
    final Random random;
    private final String name;
    private final long latency;
    private @Nullable Client client;
    private long arrival; // of what was sent last
    private boolean ended; // the client's direction
    private boolean looking;
    private int looked;
    private boolean lookedAtEnd;
    private int drops;

    /** When something happened last that the server can feel. */
    long moved;

    /** When the connection began. */
    final long opened;

    /** When bytes last came to the server, negative before the first. */
    long heard = -1;

    /** When the connection was seen to have ended, negative before. */
    long closed = -1;

    /** When the server's side was last seen to be another than before. */
    long changed;

    private @Nullable Phase phase;
    private @Nullable ConnectionState state;
    private long pending;
    private int sent;

    Link(int number, Simulation world, MemoryTransport transport, Random random) {
        this.number = number;
        this.world = world;
        this.transport = transport;
        this.random = random;
        this.name = "link " + number + " ";
        this.latency = random.nextInt(4) == 0 ? 0 : random.nextInt(20) * MILLI;
        this.arrival = world.now();
        this.moved = world.now();
        this.opened = moved;
    }

    void connect(Client newClient) {
        client = newClient;
    }

    // ---- to the server

    private void arrive(long delay, String what, Runnable action) {
        arrival = Math.max(arrival, world.now() + latency) + delay;
        world.agenda.at(arrival, what, this, action);
    }

    /** Looks at the server's side, for {@link #changed}. */
    void watch() {
        Phase nextPhase = transport.phase();
        ConnectionState nextState = transport.state();
        if (nextPhase != phase
                || nextState != state
                || transport.pending() != pending
                || transport.receivedSize() != sent) {
            phase = nextPhase;
            state = nextState;
            pending = transport.pending();
            sent = transport.receivedSize();
            changed = world.now();
        }
    }

    /** {@return whether a request on it may have become a tunnel} */
    boolean carriesTunnels() {
        return client != null && client.plans.stream().anyMatch(plan -> plan.act == Act.TUNNEL);
    }

    /** {@return when the last of what was sent arrives} */
    long arrival() {
        return arrival;
    }

    /** Sends bytes, which arrive in pieces. */
    void send(byte[] bytes, boolean slowly) {
        int from = 0;
        int tiny = random.nextInt(8) == 0 ? 60 : 0; // a few of one byte each
        while (from < bytes.length) {
            int most = tiny-- > 0 ? 1 : random.nextInt(3) == 0 ? 40 : 3_000;
            int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
            byte[] piece = Arrays.copyOfRange(bytes, from, to);
            from = to;
            long delay = random.nextInt(3) > 0 ? 0 : random.nextInt(slowly && most > 1 ? 300 : 8) * MILLI;
            arrive(delay, name + "bytes", () -> {
                if (!transport.closed() && !ended) {
                    moved = world.now();
                    heard = moved;
                    world.trace.add(world.now(), name + "in", piece);
                    transport.peerSends(piece);
                }
            });
        }
    }

    /** The client ends its direction. */
    void end() {
        arrive(0, name + "end", () -> {
            if (!transport.closed() && !ended) {
                ended = true;
                moved = world.now();
                transport.peerEnds();
            }
        });
    }

    /** The client resets the connection; what was sent before may be lost. */
    void reset() {
        world.agenda.at(world.now() + latency, name + "reset", this, () -> {
            if (!transport.closed()) {
                ended = true;
                moved = world.now();
                transport.peerResets();
            }
        });
    }

    /** The client is gone without a word. */
    void vanish() {
        world.agenda.at(world.now() + latency, name + "vanishes", this, () -> {
            ended = true;
            moved = world.now();
            transport.peerVanishes();
        });
    }

    // ---- from the server

    void stopReading() {
        if (!transport.closed()) {
            transport.peerStopsReading();
        }
    }

    void readAll() {
        world.agenda.at(world.now(), name + "reads all", this, () -> {
            if (!transport.closed()) {
                moved = world.now();
                transport.peerReadsAll();
            }
        });
    }

    /** Reads so many bytes every so often, to the end or until that has gone on for long. */
    void readDrops(int bytes, long every) {
        if (transport.closed()) {
            return;
        }
        if (drops++ == 0) {
            transport.peerStopsReading();
        }
        if (drops > MOST_DROPS) {
            readAll();
            return;
        }
        world.agenda.at(world.now() + every, name + "reads", this, () -> {
            if (!transport.closed()) {
                if (transport.pending() > 0) {
                    moved = world.now();
                }
                transport.peerReads(bytes);
                readDrops(bytes, every);
            }
        });
    }

    /** {@return whether it carries HTTP/2} */
    boolean multiplexed() {
        return client instanceof Http2Client;
    }

    /** {@return whether the client reads little by little} */
    boolean readsInDrops() {
        return drops > 0;
    }

    /** Lets the client look, a little later, at what has come. */
    void lookSoon() {
        boolean end = transport.outputEnded() || transport.closed();
        if (!looking && (transport.receivedSize() > looked || end && !lookedAtEnd)) {
            looking = true;
            world.agenda.atClient(world.now() + latency, name + "looks", this, () -> {
                looking = false;
                lookedAtEnd |= transport.outputEnded() || transport.closed();
                byte[] come = transport.received(looked);
                looked += come.length;
                world.trace.add(world.now(), name + "out", come);
                if (client != null) {
                    client.look(come, lookedAtEnd);
                }
            });
        }
    }

    @Override
    public String toString() {
        return name.strip();
    }
}
