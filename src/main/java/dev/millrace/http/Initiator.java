package dev.millrace.http;

/** Who caused an ending: of a connection, of a request. */
public enum Initiator {
    /** The other side. */
    PEER,
    /** This side: the library, its configuration or the program that uses it. */
    LOCAL,
    /** Neither: the network or the operating system. */
    NETWORK
}
