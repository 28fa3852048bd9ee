package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetPathTest {
    @Test
    void segmentsAreDecodedOnce() {
        assertEquals(new TargetPath(List.of(), true), TargetPath.of("/", false));
        assertEquals(new TargetPath(List.of("a", "b c"), false), TargetPath.of("/a/b%20c", false));
        assertEquals(new TargetPath(List.of("a"), true), TargetPath.of("/a/", false));
        assertEquals(new TargetPath(List.of("%2e"), false), TargetPath.of("/%252e", false));
        assertEquals(new TargetPath(List.of("\u00fc\u20ac"), false), TargetPath.of("/%C3%BC%e2%82%ac", false));
        assertEquals(new TargetPath(List.of("a+b;c=d"), false), TargetPath.of("/a+b;c=d", false));
    }

    @Test
    void namesWithADotAtTheirFrontAreHidden() {
        assertEquals(404, refused("/.git/config"));
        assertEquals(404, refused("/%2egit/config"));
        assertEquals(new TargetPath(List.of(".git"), false), TargetPath.of("/.git", true));
        assertEquals(new TargetPath(List.of(".well-known", "x"), false), TargetPath.of("/.well-known/x", false));
        assertEquals(new TargetPath(List.of("a.b", "c."), false), TargetPath.of("/a.b/c.", false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//",
                "//evil.example/",
                "/a//b",
                "/.",
                "/..",
                "/a/./b",
                "/a/../b",
                "/%2e%2e/b",
                "/.%2E/b",
                "/a%2fb",
                "/..%2f..%2fb",
                "/a%5cb",
                "/a\\b",
                "/..\\b",
                "/a%00",
                "/a%00.html",
                "/a%0d%0ab",
                "/a%7f",
                "/%c0%ae%c0%ae/b",
                "/%ff",
                "/%ed%a0%80",
            })
    void whatCanNameNoFileLeadsNowhere(String path) {
        assertEquals(404, refused(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "a", "../a", "/%", "/%2", "/%2/a", "/%zz", "/%+1", "/a b", "/\u00fc", "/\u0000"})
    void whatBreaksTheSyntaxIsABadRequest(String path) {
        assertEquals(400, refused(path));
    }

    private static int refused(String path) {
        StatusException e = assertThrows(StatusException.class, () -> TargetPath.of(path, false), path);
        Status status = e.response().status();
        return status.code();
    }
}
