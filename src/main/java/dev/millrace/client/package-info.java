/**
 * The HTTP client: {@link dev.millrace.client.HttpClient}, which sends the requests of {@code dev.millrace.http} and gives
 * their responses. What its connections are, and how long each step may take, is said by the types of
 * {@code dev.millrace.session}.
 */
package dev.millrace.client;
