package dev.millrace.cli;

/** The entry point of the runnable jar. */
public final class Main {
    private Main() {}

    /**
     * Prints the name and version of this build.
     *
     * @param args not read
     */
    public static void main(String[] args) {
        String version = Main.class.getPackage().getImplementationVersion();
        System.out.println("millrace " + (version == null ? "(unpackaged)" : version));
    }
}
