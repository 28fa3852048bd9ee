package dev.millrace.server;

import java.time.Duration;

/**
 * How patient a stop is with those who do not know of it.
 *
 * @param readinessDelay how long the server goes on accepting once it has said that it is going to stop
 * @param firstByteGrace how long a connection that has not sent a byte may still do so
 */
record DrainSettings(Duration readinessDelay, Duration firstByteGrace) {
    static final DrainSettings NONE = new DrainSettings(Duration.ZERO, Duration.ZERO);
}
