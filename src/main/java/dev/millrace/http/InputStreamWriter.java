package dev.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Writes what an input stream gives, as soon as it gives it: a live stream must not wait until a piece is full. */
record InputStreamWriter(InputStream in) implements Body.Writer {
    private static final int PIECE = 8 << 10;

    @Override
    public void writeTo(OutputStream out) throws IOException {
        try (in) {
            byte[] bytes = new byte[PIECE];
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                out.write(bytes, 0, n);
                if (in.available() == 0) {
                    out.flush(); // the next read may wait
                }
            }
        }
    }

    @Override
    public void abandon() {
        try {
            in.close();
        } catch (IOException e) {
            // nothing of the stream was wanted, so nothing is lost; and who cancels must not fail (Reactive Streams
            // §3.15)
        }
    }
}
