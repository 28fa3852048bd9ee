/**
 * What a client's connections are, seen from outside: why one may or may not be used again, what it is doing, and how an
 * exchange on it fails.
 */
package dev.millrace.session;
