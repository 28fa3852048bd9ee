/** What servers and clients share: requests, responses, headers, bodies, handlers, limits and deadlines. */
package dev.millrace.http;
