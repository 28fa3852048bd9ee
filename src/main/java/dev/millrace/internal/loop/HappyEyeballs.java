package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Connects to the first of several addresses that answers (RFC 8305 §5): one attempt begins after the other, as soon as the
 * one before has failed or a little while has passed, and the first that is connected ends the others. The addresses' families
 * take turns, beginning with the first one's (§4), so that a family without a way costs one delay and not one for each address.
 */
public final class HappyEyeballs extends Deadline implements Connecting {
    /** How long the next attempt waits for the one before: RFC 8305 §8. */
    public static final long ATTEMPT_DELAY_NANOS = 250_000_000;

    private final Connector connector;
    private final EventLoop loop;
    private final ArrayDeque<SocketAddress> waiting;
    private final Endpoint endpoint;
    private final long timeoutNanos;
    private final long delayNanos;
    private final Outcome outcome;
    private final List<Attempt> attempts = new ArrayList<>(); // under way
    private final List<IOException> failures = new ArrayList<>();

    private HappyEyeballs(
            Connector connector,
            EventLoop loop,
            List<? extends SocketAddress> addresses,
            Endpoint endpoint,
            long timeoutNanos,
            long delayNanos,
            Outcome outcome) {
        this.connector = connector;
        this.loop = loop;
        this.waiting = interleaved(addresses);
        this.endpoint = endpoint;
        this.timeoutNanos = timeoutNanos;
        this.delayNanos = delayNanos;
        this.outcome = outcome;
    }

    /**
     * Begins to connect. On the loop that the connection is to live on; the outcome is told as {@link Connector#connect} does,
     * never within this call.
     *
     * @param connector makes the sockets
     * @param loop the loop
     * @param addresses at least one, the preferred first
     * @param endpoint makes the protocol on the one connection that wins; its observer is told of attempts that fail
     * @param timeoutNanos how long each attempt may take
     * @param delayNanos how long the next attempt waits for the one before; RFC 8305 wants 100 ms to 2 s
     * @param outcome is told what comes of it; where no address answers, the last failure with the others suppressed in it
     * @return what it can be cancelled with
     * @throws IllegalArgumentException if there is no address
     */
    public static Connecting connect(
            Connector connector,
            EventLoop loop,
            List<? extends SocketAddress> addresses,
            Endpoint endpoint,
            long timeoutNanos,
            long delayNanos,
            Outcome outcome) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("no address to connect to");
        }
        if (addresses.size() == 1) {
            return connector.connect(loop, addresses.get(0), endpoint, timeoutNanos, outcome);
        }
        HappyEyeballs race = new HappyEyeballs(connector, loop, addresses, endpoint, timeoutNanos, delayNanos, outcome);
        race.next();
        return race;
    }

    /** {@return addresses in their order, but with families taking turns} */
    static ArrayDeque<SocketAddress> interleaved(List<? extends SocketAddress> addresses) {
        ArrayDeque<SocketAddress> preferred = new ArrayDeque<>();
        ArrayDeque<SocketAddress> others = new ArrayDeque<>();
        for (SocketAddress address : addresses) {
            (isIpv6(address) == isIpv6(addresses.get(0)) ? preferred : others).add(address);
        }
        ArrayDeque<SocketAddress> out = new ArrayDeque<>();
        while (!preferred.isEmpty() || !others.isEmpty()) {
            if (!preferred.isEmpty()) {
                out.add(preferred.remove());
            }
            if (!others.isEmpty()) {
                out.add(others.remove());
            }
        }
        return out;
    }

    private static boolean isIpv6(SocketAddress address) {
        return address instanceof InetSocketAddress internet && internet.getAddress() instanceof Inet6Address;
    }

    /** One of the addresses. */
    private final class Attempt implements Outcome {
        private @Nullable Connecting begun;

        @Override
        public void connected(SocketTransport transport) {
            attempts.remove(this);
            HappyEyeballs.this.cancel();
            outcome.connected(transport);
        }

        @Override
        public void failed(CloseReason reason, IOException cause) {
            attempts.remove(this);
            attemptFailed(reason, cause);
        }

        void cancel() {
            if (begun != null) {
                begun.cancel();
            }
        }
    }

    private void next() {
        SocketAddress address = waiting.remove();
        Attempt attempt = new Attempt();
        attempts.add(attempt);
        attempt.begun = connector.connect(loop, address, endpoint, timeoutNanos, attempt);
        if (!waiting.isEmpty()) {
            loop.wheel().arm(this, loop.now() + delayNanos);
        }
    }

    @Override
    protected void expired(long now) {
        next();
    }

    private void attemptFailed(CloseReason reason, IOException cause) {
        if (reason == CloseReason.DRAIN_FORCED) {
            waiting.clear();
        }
        loop.wheel().cancel(this);
        if (!waiting.isEmpty()) {
            failures.add(cause);
            next();
        } else if (attempts.isEmpty()) {
            failures.forEach(cause::addSuppressed);
            outcome.failed(reason, cause);
        } else {
            failures.add(cause);
        }
    }

    @Override
    public void cancel() {
        loop.wheel().cancel(this);
        waiting.clear();
        for (Attempt attempt : attempts) {
            attempt.cancel();
        }
        attempts.clear();
    }
}
