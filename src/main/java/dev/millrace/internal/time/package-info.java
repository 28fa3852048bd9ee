/**
 * Time: where it is read ({@link dev.millrace.internal.time.Clock}), what waits for it
 * ({@link dev.millrace.internal.time.Deadline}) and what keeps everything that waits
 * ({@link dev.millrace.internal.time.TimerWheel}).
 *
 * <p>Nothing else in the project reads the machine's clocks, so whoever injects a clock owns time.
 */
package dev.millrace.internal.time;
