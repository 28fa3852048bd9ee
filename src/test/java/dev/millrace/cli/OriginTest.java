package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, http://127.0.0.1:80",
        "0.0.0.0, http://0.0.0.0:80",
        "::, http://[::]:80",
        "::1, http://[::1]:80",
        "1::, http://[1::]:80",
        "2001:db8:0:0:1:0:0:1, http://[2001:db8::1:0:0:1]:80",
        "2001:db8:0:1:0:0:0:1, http://[2001:db8:0:1::1]:80",
        "1:2:3:4:5:6:0:8, http://[1:2:3:4:5:6:0:8]:80",
        "fe80::abcd:0:0:1:2, http://[fe80::abcd:0:0:1:2]:80",
    })
    void anAddressReadsAsABrowserTakesIt(String address, String origin) throws UnknownHostException {
        assertEquals(origin, Origin.of(new InetSocketAddress(InetAddress.getByName(address), 80)));
    }
}
