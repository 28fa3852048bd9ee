package dev.millrace;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the floors of the house: which package may use which, and who alone may touch time, sockets and TLS. */
class ArchitectureTest {
    private static final String BASE = "dev.millrace.";

    /**
     * One package of the house.
     *
     * @param name the package, without the base
     * @param blindTo packages above it that it must not know all the same
     */
    private record Floor(String name, Set<String> blindTo) {
        static Floor of(String name, String... blindTo) {
            return new Floor(name, Set.of(blindTo));
        }
    }

    /** From the top down: a package may use those listed before it, less those it is blind to. */
    private static final List<Floor> FLOORS = List.of(
            Floor.of("internal.bytes"),
            Floor.of("internal.time"),
            Floor.of("http"),
            Floor.of("observe"),
            Floor.of("session", "observe"),
            Floor.of("internal.observer"),
            Floor.of("internal.transport", "http"),
            Floor.of("internal.loop", "http"),
            Floor.of("internal.tls", "http"),
            Floor.of("internal.exchange", "internal.loop", "internal.tls"),
            Floor.of("internal.tunnel", "internal.loop", "internal.tls"),
            Floor.of("internal.hpack", "internal.loop", "internal.tls"),
            Floor.of("internal.h1", "internal.loop", "internal.tls"),
            Floor.of("internal.h2", "internal.loop", "internal.tls"),
            Floor.of("net"),
            Floor.of("internal.pool"),
            Floor.of("server"),
            Floor.of("client", "server"));

    private static final List<String> PUBLIC =
            List.of("http", "observe", "session", "net", "server", "client", "files");

    /** The classes of the directory that holds the production code, so no test is among them. */
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importUrl(Nullable.class.getProtectionDomain().getCodeSource().getLocation());

    @Test
    void theProductionClassesAreSeen() {
        assertFalse(CLASSES.isEmpty());
    }

    @Test
    void everyClassHasItsFloor() {
        List<String> known = new ArrayList<>(List.of("files", "proxy", "cli"));
        FLOORS.forEach(floor -> known.add(floor.name()));
        check(classes().should().resideInAnyPackage(packages(known)));
    }

    @TestFactory
    Stream<DynamicTest> aFloorUsesOnlyFloorsAbove() {
        List<DynamicTest> tests = new ArrayList<>();
        List<String> above = new ArrayList<>();
        for (Floor floor : FLOORS) {
            List<String> allowed = new ArrayList<>(above);
            allowed.removeAll(floor.blindTo());
            tests.add(usesOnly(floor.name(), allowed));
            above.add(floor.name());
        }
        tests.add(usesOnly("files", List.of("http")));
        tests.add(usesOnly("proxy", PUBLIC));
        List<String> forCli = new ArrayList<>(PUBLIC);
        forCli.add("proxy");
        tests.add(usesOnly("cli", forCli));
        return tests.stream();
    }

    @Test
    void noCycleBetweenPackages() {
        check(slices().matching(BASE + "(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTimeReadsTheClocks() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "internal.time")
                .should()
                .accessTargetWhere(member("java.lang.System", "nanoTime", "currentTimeMillis"))
                .orShould()
                .accessTargetWhere(member("java.time.Instant", "now"))
                .orShould()
                .accessTargetWhere(member("java.time.Clock", "systemUTC", "systemDefaultZone", "system")));
    }

    @Test
    void onlyTheLoopTouchesSockets() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "internal.loop")
                // the JDK's types for keys and trust name Socket in methods that must be there, and are never called
                .and(not(assignableTo(X509ExtendedKeyManager.class)))
                .and(not(assignableTo(X509ExtendedTrustManager.class)))
                .should()
                .dependOnClassesThat(assignableTo(SelectableChannel.class)
                        .or(assignableTo(NetworkChannel.class))
                        .or(assignableTo(Selector.class))
                        .or(assignableTo(SelectionKey.class))
                        .or(assignableTo(java.net.Socket.class))
                        .or(assignableTo(java.net.ServerSocket.class))
                        .or(assignableTo(java.net.DatagramSocket.class))));
    }

    @Test
    void fileChannelsAreOpenedWhereBodyLives() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "http")
                // the copies that a loop makes of large arrays, in files without a name
                .and()
                .doNotHaveFullyQualifiedName(BASE + "internal.loop.MemoryFile")
                .should()
                .accessTargetWhere(member("java.nio.channels.FileChannel", "open")));
    }

    @Test
    void onlyTlsUsesTheEngine() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "internal.tls")
                .should()
                .dependOnClassesThat(assignableTo(SSLEngine.class).or(assignableTo(SSLEngineResult.class))));
    }

    @Test
    void onlyTheCommandLineWritesToTheConsoleOrExits() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "cli")
                .should()
                .accessTargetWhere(member("java.lang.System", "out", "err", "exit"))
                .orShould()
                .accessTargetWhere(describe(
                        "Throwable.printStackTrace()",
                        access -> access.getTarget().getName().equals("printStackTrace")
                                && access.getTargetOwner().isAssignableTo(Throwable.class))));
    }

    @Test
    void noLoggingFrameworkAndNoJdkInternals() {
        DescribedPredicate<JavaClass> signal = describe(
                "sun.misc.Signal",
                type -> type.getName().equals("sun.misc.Signal")
                        || type.getName().equals("sun.misc.SignalHandler"));
        DescribedPredicate<JavaClass> forbidden =
                resideInAnyPackage("java.util.logging..", "sun..", "com.sun..", "jdk.internal..");
        check(noClasses().that().resideOutsideOfPackage(BASE + "cli").should().dependOnClassesThat(forbidden));
        check(noClasses()
                .that()
                .resideInAPackage(BASE + "cli")
                .should()
                .dependOnClassesThat(forbidden.and(not(signal))));
    }

    private static DynamicTest usesOnly(String name, List<String> allowed) {
        List<String> usable = new ArrayList<>(allowed);
        usable.add(name);
        // The annotation is a word of the language here, and how far a connection has come, who ended it and what TLS
        // knows
        // of it are words for connections of any kind: every floor may say them.
        DescribedPredicate<JavaClass> outside = resideInAPackage("dev.millrace..")
                .and(not(resideInAnyPackage(packages(usable))))
                .and(not(type(Nullable.class)
                        .or(type(Phase.class))
                        .or(type(Initiator.class))
                        .or(type(TlsInfo.class))))
                .as("live in Millrace outside of %s", String.join(", ", usable));
        return dynamicTest(
                name,
                () -> check(noClasses()
                        .that()
                        .resideInAPackage(BASE + name)
                        .should()
                        .dependOnClassesThat(outside)));
    }

    private static DescribedPredicate<JavaAccess<?>> member(String owner, String... names) {
        Set<String> wanted = Set.of(names);
        return describe(
                owner + " " + String.join(", ", names),
                access -> access.getTargetOwner().getName().equals(owner)
                        && wanted.contains(access.getTarget().getName()));
    }

    private static String[] packages(List<String> names) {
        return names.stream().map(BASE::concat).toArray(String[]::new);
    }

    /** A rule may match nothing as long as its package has no class yet. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
