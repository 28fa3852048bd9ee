package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Http2Limits;
import org.junit.jupiter.api.Test;

/** {@link Settings}: RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1. */
class SettingsTest {
    private static final long MOST = 0xffff_ffffL;

    private final Settings settings = Settings.ofClient();

    private static void refused(ErrorCode code, Settings settings, int id, long value) {
        int before = settings.get(id);
        Http2Error error = assertThrows(Http2Error.class, () -> settings.set(id, value), id + " = " + value);
        assertEquals(code, error.code());
        assertTrue(error.endsConnection());
        assertEquals(before, settings.get(id), "nothing has changed");
    }

    private void refused(ErrorCode code, int id, long value) {
        refused(code, settings, id, value);
    }

    @Test
    void beforeAnybodySaysAnything() {
        for (Settings each : new Settings[] {Settings.ofClient(), Settings.ofServer()}) {
            assertEquals(4_096, each.headerTableSize());
            assertTrue(each.enablePush());
            assertEquals(Integer.MAX_VALUE, each.maxConcurrentStreams());
            assertEquals(65_535, each.initialWindowSize());
            assertEquals(16_384, each.maxFrameSize());
            assertEquals(Integer.MAX_VALUE, each.maxHeaderListSize());
            assertFalse(each.enableConnectProtocol());
            assertFalse(each.noRfc7540Priorities());
        }
    }

    @Test
    void eachIsSetAlone() throws Http2Error {
        for (int id : Settings.IDS) {
            Settings one = Settings.ofClient();
            boolean flag = Settings.initial(id) <= 1;
            int value = flag ? 1 - Settings.initial(id) : 20_000;
            one.set(id, value);
            for (int each : Settings.IDS) {
                assertEquals(each == id ? value : Settings.initial(each), one.get(each), id + " and " + each);
            }
        }
        settings.set(1, 1);
        settings.set(2, 0);
        settings.set(3, 3);
        settings.set(4, 4);
        settings.set(5, 55_555);
        settings.set(6, 6);
        settings.set(8, 1);
        settings.set(9, 1);
        assertEquals(1, settings.headerTableSize());
        assertFalse(settings.enablePush());
        assertEquals(3, settings.maxConcurrentStreams());
        assertEquals(4, settings.initialWindowSize());
        assertEquals(55_555, settings.maxFrameSize());
        assertEquals(6, settings.maxHeaderListSize());
        assertTrue(settings.enableConnectProtocol());
        assertTrue(settings.noRfc7540Priorities());
    }

    @Test
    void numbersWithoutALimit() throws Http2Error {
        for (int id :
                new int[] {Settings.HEADER_TABLE_SIZE, Settings.MAX_CONCURRENT_STREAMS, Settings.MAX_HEADER_LIST_SIZE
                }) {
            for (long value : new long[] {0, 1, Integer.MAX_VALUE, 1L << 31, MOST}) {
                settings.set(id, value);
                assertEquals(Math.min(value, Integer.MAX_VALUE), settings.get(id));
            }
        }
    }

    @Test
    void windows() throws Http2Error {
        settings.set(Settings.INITIAL_WINDOW_SIZE, 0);
        settings.set(Settings.INITIAL_WINDOW_SIZE, Integer.MAX_VALUE);
        refused(ErrorCode.FLOW_CONTROL_ERROR, Settings.INITIAL_WINDOW_SIZE, 1L << 31);
        refused(ErrorCode.FLOW_CONTROL_ERROR, Settings.INITIAL_WINDOW_SIZE, MOST);
    }

    @Test
    void frameSizes() throws Http2Error {
        settings.set(Settings.MAX_FRAME_SIZE, 16_384);
        settings.set(Settings.MAX_FRAME_SIZE, 16_777_215);
        for (long value : new long[] {0, 16_383, 16_777_216, 1L << 31, MOST}) {
            refused(ErrorCode.PROTOCOL_ERROR, Settings.MAX_FRAME_SIZE, value);
        }
    }

    @Test
    void flagsAreZeroOrOne() throws Http2Error {
        for (int id :
                new int[] {Settings.ENABLE_PUSH, Settings.ENABLE_CONNECT_PROTOCOL, Settings.NO_RFC7540_PRIORITIES}) {
            for (long value : new long[] {2, 255, 1L << 31, MOST}) {
                refused(ErrorCode.PROTOCOL_ERROR, id, value);
            }
        }
    }

    @Test
    void onlyClientsEnablePush() throws Http2Error {
        settings.set(Settings.ENABLE_PUSH, 0);
        settings.set(Settings.ENABLE_PUSH, 1);
        Settings server = Settings.ofServer();
        server.set(Settings.ENABLE_PUSH, 0);
        refused(ErrorCode.PROTOCOL_ERROR, server, Settings.ENABLE_PUSH, 1);
    }

    @Test
    void extendedConnectIsNotTakenBack() throws Http2Error {
        settings.set(Settings.ENABLE_CONNECT_PROTOCOL, 0);
        settings.set(Settings.ENABLE_CONNECT_PROTOCOL, 1);
        settings.set(Settings.ENABLE_CONNECT_PROTOCOL, 1);
        refused(ErrorCode.PROTOCOL_ERROR, Settings.ENABLE_CONNECT_PROTOCOL, 0);
    }

    @Test
    void prioritiesAreNotChanged() throws Http2Error {
        settings.set(Settings.NO_RFC7540_PRIORITIES, 1);
        settings.set(Settings.NO_RFC7540_PRIORITIES, 1);
        refused(ErrorCode.PROTOCOL_ERROR, Settings.NO_RFC7540_PRIORITIES, 0);
        Settings other = Settings.ofClient();
        other.set(Settings.NO_RFC7540_PRIORITIES, 0);
        refused(ErrorCode.PROTOCOL_ERROR, other, Settings.NO_RFC7540_PRIORITIES, 1);
    }

    @Test
    void whatIsUnknownIsIgnored() throws Http2Error {
        for (int id : new int[] {0, 7, 10, 0x0a0a, 0xffff}) {
            settings.set(id, MOST);
            assertThrows(IllegalArgumentException.class, () -> settings.get(id));
            assertThrows(IllegalArgumentException.class, () -> Settings.initial(id));
        }
        for (int id : Settings.IDS) {
            assertEquals(Settings.initial(id), settings.get(id));
        }
    }

    @Test
    void whatAServerAnnouncesAClientTakes() throws Http2Error {
        Http2Limits limits = Http2Limits.defaults()
                .withConcurrentStreams(7)
                .withHeaderTable(0)
                .withFrameSize(16_777_215)
                .withStreamWindow(1);
        Settings own = Settings.announcedByServer(limits, 5_000);
        assertEquals(7, own.maxConcurrentStreams());
        assertEquals(0, own.headerTableSize());
        assertEquals(16_777_215, own.maxFrameSize());
        assertEquals(1, own.initialWindowSize());
        assertEquals(5_000, own.maxHeaderListSize());
        assertTrue(own.enableConnectProtocol());
        assertTrue(own.noRfc7540Priorities());
        Settings seen = Settings.ofServer();
        for (int id : Settings.IDS) {
            if (own.get(id) != Settings.initial(id)) {
                seen.set(id, own.get(id));
            }
            assertEquals(own.get(id), seen.get(id));
        }
    }
}
