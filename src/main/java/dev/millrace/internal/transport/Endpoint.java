package dev.millrace.internal.transport;

import dev.millrace.internal.observer.Observer;

/**
 * What a listener is on one loop.
 *
 * @param protocols makes its connections' protocols
 * @param observer is told what happens to them
 */
public record Endpoint(Protocol.Factory protocols, Observer observer) {}
