package dev.millrace.internal.hpack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internal.bytes.ByteAccumulator;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples of RFC 7541 appendix C, decoded, each with the table that it leaves behind. */
class AppendixCTest {
    private static final String RESPONSE_1 =
            ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n"
                    + "location: https://www.example.com\n";
    private static final String RESPONSE_2 = RESPONSE_1.replace("302", "307");
    private static final String RESPONSE_3 =
            ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n"
                    + "location: https://www.example.com\ncontent-encoding: gzip\n"
                    + "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n";
    private static final String REQUEST_1 = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n";
    private static final String REQUEST_2 = REQUEST_1 + "cache-control: no-cache\n";
    private static final String REQUEST_3 =
            ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n";

    private final List<HeaderField> fields = new ArrayList<>();

    private void decode(HpackDecoder decoder, String hex, String expected) throws HpackException {
        byte[] block = HexFormat.of().parseHex(hex.replace(" ", ""));
        fields.clear();
        decoder.decode(block, 0, block.length, fields::add);
        StringBuilder lines = new StringBuilder();
        fields.forEach(field ->
                lines.append(field.name()).append(": ").append(field.value()).append('\n'));
        assertEquals(expected, lines.toString());
    }

    private static void table(HpackDecoder decoder, int size, String... entries) {
        StringBuilder lines = new StringBuilder();
        DecoderTable table = decoder.table();
        for (int age = 0; age < table.length(); age++) {
            HeaderField entry = table.entry(age);
            lines.append(entry.name()).append(": ").append(entry.value()).append('\n');
        }
        assertEquals(entries.length == 0 ? "" : String.join("\n", entries) + "\n", lines.toString());
        assertEquals(size, table.size());
    }

    private static HpackDecoder decoder(int tableSize) {
        return new HpackDecoder(tableSize, 4096);
    }

    @Test
    void integers() throws HpackException {
        BlockReader reader = new BlockReader();
        reader.over(new byte[] {(byte) 0xea, (byte) 0xff, (byte) 0x9a, 0x0a, 0x2a}, 0, 5);
        assertEquals(10, reader.integer(0x1f)); // C.1.1
        assertEquals(1337, reader.integer(0x1f)); // C.1.2
        assertEquals(42, reader.integer(0xff)); // C.1.3
        ByteAccumulator out = new ByteAccumulator(0);
        HpackEncoder.integer(out, 0, 0x1f, 10);
        HpackEncoder.integer(out, 0, 0x1f, 1337);
        HpackEncoder.integer(out, 0, 0xff, 42);
        assertEquals("0a1f9a0a2a", HexFormat.of().formatHex(out.array(), 0, out.length()));
    }

    @Test
    void literalWithIndexing() throws HpackException {
        HpackDecoder decoder = decoder(4096);
        decode(
                decoder,
                "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                "custom-key: custom-header\n");
        table(decoder, 55, "custom-key: custom-header");
    }

    @Test
    void literalWithoutIndexing() throws HpackException {
        HpackDecoder decoder = decoder(4096);
        decode(decoder, "040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path\n");
        table(decoder, 0);
    }

    @Test
    void literalNeverIndexed() throws HpackException {
        HpackDecoder decoder = decoder(4096);
        decode(decoder, "1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\n");
        assertEquals(true, fields.get(0).neverIndexed());
        table(decoder, 0);
    }

    @Test
    void indexed() throws HpackException {
        HpackDecoder decoder = decoder(4096);
        decode(decoder, "82", ":method: GET\n");
        table(decoder, 0);
    }

    @Test
    void requestsWithoutHuffmanCoding() throws HpackException {
        requests(
                "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                "8286 84be 5808 6e6f 2d63 6163 6865",
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");
    }

    @Test
    void requestsWithHuffmanCoding() throws HpackException {
        requests(
                "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
                "8286 84be 5886 a8eb 1064 9cbf",
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");
    }

    private void requests(String first, String second, String third) throws HpackException {
        HpackDecoder decoder = decoder(4096);
        decode(decoder, first, REQUEST_1);
        table(decoder, 57, ":authority: www.example.com");
        decode(decoder, second, REQUEST_2);
        table(decoder, 110, "cache-control: no-cache", ":authority: www.example.com");
        decode(decoder, third, REQUEST_3);
        table(decoder, 164, "custom-key: custom-value", "cache-control: no-cache", ":authority: www.example.com");
    }

    @Test
    void responsesWithoutHuffmanCoding() throws HpackException {
        responses(
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32"
                        + "3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                "4803 3330 37c1 c0bf",
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970"
                        + "7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178"
                        + "2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31");
    }

    @Test
    void responsesWithHuffmanCoding() throws HpackException {
        responses(
                "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad"
                        + "1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
                "4883 640e ffc1 c0bf",
                "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2"
                        + "e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50"
                        + "07");
    }

    private void responses(String first, String second, String third) throws HpackException {
        HpackDecoder decoder = decoder(256);
        decode(decoder, first, RESPONSE_1);
        String[] entries = RESPONSE_1.split("\n");
        table(decoder, 222, entries[3], entries[2], entries[1], entries[0]);
        decode(decoder, second, RESPONSE_2);
        table(decoder, 222, ":status: 307", entries[3], entries[2], entries[1]);
        decode(decoder, third, RESPONSE_3);
        entries = RESPONSE_3.split("\n");
        table(decoder, 215, entries[5], entries[4], entries[2]);
    }
}
