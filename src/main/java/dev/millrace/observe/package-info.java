/** What can be observed of connections: why they end. */
package dev.millrace.observe;
