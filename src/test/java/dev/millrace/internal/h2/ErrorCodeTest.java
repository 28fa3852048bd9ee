package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link ErrorCode}: the registry of RFC 9113 §7. */
class ErrorCodeTest {
    @Test
    void theRegistry() {
        List<String> names = List.of(
                "NO_ERROR",
                "PROTOCOL_ERROR",
                "INTERNAL_ERROR",
                "FLOW_CONTROL_ERROR",
                "SETTINGS_TIMEOUT",
                "STREAM_CLOSED",
                "FRAME_SIZE_ERROR",
                "REFUSED_STREAM",
                "CANCEL",
                "COMPRESSION_ERROR",
                "CONNECT_ERROR",
                "ENHANCE_YOUR_CALM",
                "INADEQUATE_SECURITY",
                "HTTP_1_1_REQUIRED");
        assertEquals(names.size(), ErrorCode.values().length);
        for (int code = 0; code < names.size(); code++) {
            assertEquals(names.get(code), ErrorCode.of(code).name());
            assertEquals(code, ErrorCode.of(code).code());
        }
    }

    @Test
    void whatIsUnknownIsAnInternalError() {
        for (int code : new int[] {14, 255, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            assertSame(ErrorCode.INTERNAL_ERROR, ErrorCode.of(code));
        }
    }
}
