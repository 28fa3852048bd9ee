/** The HTTP server. */
package dev.millrace.server;
