package dev.millrace.internal.pool;

/** The way from a client to an origin. Part of the pool's key: a session of one route is of no use to another. */
public record Route(String name) {
    /** No proxy stands between. */
    public static final Route DIRECT = new Route("direct");

    /** {@return what the route is called in snapshots: nothing secret} */
    @Override
    public String toString() {
        return name;
    }
}
