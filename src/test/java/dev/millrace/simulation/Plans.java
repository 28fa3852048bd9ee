package dev.millrace.simulation;

import java.util.List;
import java.util.Random;

/** Chooses what requests are about. */
final class Plans {
    private static final List<Act> USUAL = List.of(
            Act.ANSWER,
            Act.LATER,
            Act.COLLECT,
            Act.ECHO,
            Act.STREAM,
            Act.FILE,
            Act.INFORM,
            Act.EMPTY,
            Act.READ_ALONGSIDE);

    private static final List<Act> ALL = java.util.Arrays.stream(Act.values())
            .filter(act -> act != Act.TUNNEL)
            .toList();

    /** Those that have an answer when they are asked. */
    private static final List<Act> BLOCKING = List.of(
            Act.ANSWER,
            Act.ECHO,
            Act.STREAM,
            Act.FILE,
            Act.WRITER,
            Act.EMPTY,
            Act.STATUS,
            Act.THROW,
            Act.THROW_ERROR,
            Act.SUBSCRIBE_THROWS,
            Act.REQUEST_THROWS,
            Act.STREAM_FAILS,
            Act.STREAM_SHORT,
            Act.STREAM_LONG,
            Act.FLOODER,
            Act.STALLS);

    private Plans() {}

    static Act act(Random random, boolean blocking) {
        List<Act> from = blocking ? BLOCKING : random.nextBoolean() ? USUAL : ALL;
        return from.get(random.nextInt(from.size()));
    }

    static String method(Random random, Act act) {
        boolean reads = act.mirrors() || act == Act.READ_ALONGSIDE || act == Act.CANCEL_READING;
        return switch (random.nextInt(reads ? 4 : 8)) {
            case 0 -> reads ? "POST" : "HEAD";
            case 1, 2, 3 -> "POST";
            default -> "GET";
        };
    }

    static int size(Random random) {
        return switch (random.nextInt(24)) {
            case 0 -> random.nextInt(Simulation.BIGGEST);
            case 1, 2, 3 -> 0;
            case 4, 5, 6, 7, 8 -> random.nextInt(9_000);
            default -> random.nextInt(400);
        };
    }

    /** {@return a response's size; a writer has one piece, as it would wait for ever where everything is one thread} */
    static int responseSize(Random random, Act act) {
        int size = size(random);
        return act == Act.WRITER ? Math.min(size, 16_000) : size;
    }
}
