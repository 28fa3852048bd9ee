package dev.millrace.cli;

import dev.millrace.http.Response;

/** The demo application's page. */
final class DemoPage {
    private static final String HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <title>Millrace</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 3em auto; padding: 0 1em }
            dt { margin-top: .7em }
            dd { margin-left: 1.5em }
            code { font-size: 95% }
            </style>
            </head>
            <body>
            <h1>Millrace</h1>
            <p>This is the demo application of Millrace, a networking framework for the JVM: HTTP on NIO with nothing but the
            JDK. Everything below is answered on the event loop; nothing holds a thread while it waits or streams.</p>
            <dl>
            <dt><a href="/plaintext"><code>/plaintext</code></a></dt><dd>Hello, World! in 13 bytes</dd>
            <dt><a href="/1k"><code>/1k</code></a>, <a href="/1m"><code>/1m</code></a></dt>
            <dd>fixed bodies of 1 KiB and 1 MiB</dd>
            <dt><a href="/bytes/100000"><code>/bytes/N</code></a></dt><dd>N bytes, streamed as fast as you read</dd>
            <dt><code>POST /echo</code></dt>
            <dd>your request's content, streamed back at any size:
            <code>curl --data-binary @file http://localhost:8080/echo</code></dd>
            <dt><a href="/slow?ms=1000"><code>/slow?ms=N</code></a></dt><dd>an answer after N milliseconds</dd>
            <dt><a href="/stream?chunks=10&amp;ms=500"><code>/stream?chunks=N&amp;ms=M</code></a></dt>
            <dd>N chunks, M milliseconds apart</dd>
            <dt><a href="/metrics"><code>/metrics</code></a></dt><dd>what the server has counted, for Prometheus</dd>
            <dt><a href="/connections"><code>/connections</code></a></dt><dd>the open connections, with their peers' addresses</dd>
            <dt><code>/health</code></dt><dd>whether this server means to go on serving</dd>
            <dt><a href="/status/418"><code>/status/N</code></a></dt><dd>an answer of status N</dd>
            </dl>
            <p><code>serve --dir PATH</code> serves files instead; <code>serve --help</code> says the rest.</p>
            </body>
            </html>
            """;

    private DemoPage() {}

    /** {@return the page, which needs nothing from elsewhere, and says so to the browser} */
    static Response response() {
        return Response.html(HTML)
                .withHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
                .withHeader("X-Content-Type-Options", "nosniff");
    }
}
