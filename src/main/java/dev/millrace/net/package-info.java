/** What servers and clients run on. */
package dev.millrace.net;
