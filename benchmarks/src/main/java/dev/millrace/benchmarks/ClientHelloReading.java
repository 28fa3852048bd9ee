package dev.millrace.benchmarks;

import dev.millrace.internal.tls.ClientHelloReader;
import dev.millrace.observe.ClientHello;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the first bytes of a TLS connection to what the client offers. The hello has the make-up and size of Chrome's, with
 * a post-quantum key share and a GREASE of everything, in one record or in several; {@code fingerprints} adds JA3 and JA4,
 * which are computed only when asked for. No peer beside it: those known parse no more than the server name.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClientHelloReading {

    /** The most bytes in one record: all of them, or less than a third. */
    @Param({"16384", "500"})
    public int record;

    private byte[] bytes;

    /** Makes the hello, and sees that it is read. */
    @Setup
    public void prepare() {
        byte[] message = message();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < message.length; at += record) {
            int length = Math.min(record, message.length - at);
            put(out, "160301");
            putLength(out, 2, length);
            out.write(message, at, length);
        }
        bytes = out.toByteArray();
        if (!read().ja4().startsWith("t13d1515h2_8daaf6152771_") || bytes.length < 1600) {
            throw new IllegalStateException("read as " + read() + " of " + bytes.length + " bytes");
        }
    }

    @Benchmark
    public ClientHello read() {
        ClientHelloReader reader = new ClientHelloReader();
        if (reader.read(bytes, 0, bytes.length) != ClientHelloReader.Result.COMPLETE) {
            throw new IllegalStateException(reader.detail());
        }
        return reader.hello();
    }

    @Benchmark
    public int fingerprints() {
        ClientHello hello = read();
        return hello.ja3Hash().length() + hello.ja4().length();
    }

    private static byte[] message() {
        ByteArrayOutputStream extensions = new ByteArrayOutputStream();
        extension(extensions, "1a1a", "");
        extension(extensions, "002d", "0101");
        extension(extensions, "000a", "000a 0a0a 11ec 001d 0017 0018");
        extension(extensions, "0005", "0100000000");
        extension(extensions, "0012", "");
        extension(extensions, "000b", "0100");
        extension(extensions, "0023", "");
        extension(extensions, "000d", "0010 0403 0804 0401 0503 0805 0501 0806 0601");
        extension(extensions, "ff01", "00");
        extension(extensions, "002b", "06 2a2a 0304 0303");
        extension(
                extensions, "0033", "04ed 0a0a 0001 00 11ec 04c0" + "5a".repeat(1216) + "001d 0020" + "a5".repeat(32));
        extension(extensions, "0000", "0012 00 000f 7777772e6578616d706c652e6f7267");
        extension(extensions, "0017", "");
        extension(extensions, "fe0d", "5a".repeat(218));
        extension(extensions, "0010", "000c 02 6832 08 687474702f312e31");
        extension(extensions, "001b", "020002");
        extension(extensions, "3a3a", "00");

        ByteArrayOutputStream body = new ByteArrayOutputStream();
        put(body, "0303" + "5a".repeat(32) + "20" + "a5".repeat(32));
        put(body, "0020 4a4a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035 0100");
        putLength(body, 2, extensions.size());
        body.writeBytes(extensions.toByteArray());

        ByteArrayOutputStream message = new ByteArrayOutputStream();
        put(message, "01");
        putLength(message, 3, body.size());
        message.writeBytes(body.toByteArray());
        return message.toByteArray();
    }

    private static void extension(ByteArrayOutputStream out, String type, String content) {
        put(out, type);
        putLength(out, 2, content.replace(" ", "").length() / 2);
        put(out, content);
    }

    private static void put(ByteArrayOutputStream out, String hex) {
        out.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static void putLength(ByteArrayOutputStream out, int bytes, int length) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out.write(length >>> shift);
        }
    }
}
