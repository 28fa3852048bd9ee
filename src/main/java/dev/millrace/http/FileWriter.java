package dev.millrace.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes a part of a file, for consumers that the operating system cannot hand it to directly. */
record FileWriter(Body.FileRegion region) implements Body.Writer {
    private static final int PIECE = 64 << 10;

    @Override
    public void writeTo(OutputStream out) throws IOException {
        try (FileChannel file = region.open()) {
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(PIECE, Math.max(1, region.length())));
            long position = region.offset();
            long left = region.length();
            while (left > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), left));
                int n = file.read(buffer, position);
                if (n < 0) {
                    throw new EOFException(region.path() + " has become shorter: " + left + " bytes are missing");
                }
                out.write(buffer.array(), 0, n);
                position += n;
                left -= n;
            }
        }
    }
}
