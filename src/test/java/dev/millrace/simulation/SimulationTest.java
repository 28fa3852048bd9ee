package dev.millrace.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Simulated worlds, each made of a seed. {@code -Dsim.seeds=N} runs so many, {@code -Dsim.first=S} from another one on, and
 * {@code -Dsim.seed=X} one alone, whose trace is then in {@code target/simulation-X.txt}.
 */
class SimulationTest {
    private static final int SEEDS = 10_000;

    @TempDir
    static Path directory;

    private static Path file;
    private static final Metrics.Recorder METRICS = new Metrics().recorder("simulation");

    @BeforeAll
    static void writeFile() throws IOException {
        file = Files.write(directory.resolve("letters"), Plan.letters(0, 500_000));
    }

    private static Simulation world(long seed, boolean readable) {
        return new Simulation(seed, file, METRICS, readable);
    }

    private static Simulation run(long seed) {
        Simulation world = world(seed, false);
        try {
            world.run();
        } catch (Throwable e) {
            throw new AssertionError(
                    "replay with: mvn -q verify -Dtest=SimulationTest -Dsim.seed=" + seed + " : " + e.getMessage(), e);
        }
        return world;
    }

    @Test
    void worlds() throws IOException {
        Long alone = Long.getLong("sim.seed");
        if (alone != null) {
            replay(alone);
            return;
        }
        EnumSet<CloseReason> reasons = EnumSet.noneOf(CloseReason.class);
        long first = Long.getLong("sim.first", 0);
        long end = first + Integer.getInteger("sim.seeds", SEEDS);
        for (long seed = first; seed < end; seed++) {
            reasons.addAll(run(seed).closings());
        }
        assertTrue(end - first < SEEDS || reasons.size() >= 15, "connections end in many ways: " + reasons);
    }

    private static void replay(long seed) throws IOException {
        Simulation world = world(seed, true);
        try {
            world.run();
        } finally {
            Files.writeString(Path.of("target", "simulation-" + seed + ".txt"), world.trace.toString());
        }
    }

    @Test
    void theSameSeedIsTheSameWorld() {
        for (long seed = 0; seed < 100; seed++) {
            assertEquals(run(seed).trace.hash(), run(seed).trace.hash(), "seed " + seed);
        }
    }
}
