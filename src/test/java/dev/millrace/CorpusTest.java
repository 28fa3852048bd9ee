package dev.millrace;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Replays the corpus of each fuzz target: what is worth trying, and whatever fuzzing has ever found. */
class CorpusTest {
    private static final Path FUZZ = Path.of("fuzz");

    @TestFactory
    Stream<DynamicNode> everyInput() throws IOException {
        return Files.readAllLines(FUZZ.resolve("targets")).stream().map(line -> {
            String[] nameAndClass = line.split(" +", -1);
            return target(nameAndClass[0], nameAndClass[1]);
        });
    }

    private static DynamicNode target(String name, String className) {
        try (Stream<Path> files = Files.list(FUZZ.resolve("corpus").resolve(name))) {
            Method target = Class.forName(className).getMethod("fuzzerTestOneInput", byte[].class);
            List<Path> inputs = files.sorted().toList();
            assertFalse(inputs.isEmpty(), name + " has no corpus");
            return dynamicContainer(
                    name,
                    inputs.stream()
                            .map(file -> dynamicTest(String.valueOf(file.getFileName()), () -> run(target, file))));
        } catch (IOException | ReflectiveOperationException e) {
            throw new AssertionError(name, e);
        }
    }

    private static void run(Method target, Path file) throws Throwable {
        try {
            target.invoke(null, (Object) Files.readAllBytes(file));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
