package dev.millrace.server;

import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.DrainTally;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.net.TimedRuntime;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.HeldTunnel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server's connections on tunnels leave behind. */
@Timeout(60)
class TunnelServiceTest {
    @Test
    void aConnectionThatCannotBeMadeIsNotWaitedFor() throws Exception {
        Dispatcher dispatcher = Dispatcher.async(
                request -> CompletableFuture.completedFuture(Response.text("x")),
                Runnable::run,
                (request, error) -> {});
        try (TimedRuntime runtime = new TimedRuntime(1)) {
            Service service = new Service(
                    Limits.defaults(),
                    Timeouts.defaults(),
                    dispatcher,
                    null, // nothing of HTTP can be made of this, as if there were no memory for it
                    Runnable::run,
                    new Metrics(),
                    List.of(),
                    () -> false);
            TunnelService tunnels = new TunnelService(RuntimeAccess.loops(runtime.runtime()), service);
            HeldTunnel tunnel = new HeldTunnel();
            tunnels.serve(tunnel, null, dispatcher);
            runtime.settle();
            tunnels.drain(new DrainTally()).get(20, TimeUnit.SECONDS);
            tunnel.closed().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }
}
