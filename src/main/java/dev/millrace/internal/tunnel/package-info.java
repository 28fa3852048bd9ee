/** Connections that are carried by a tunnel through another connection. */
package dev.millrace.internal.tunnel;
