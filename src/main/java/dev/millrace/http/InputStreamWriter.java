package dev.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Writes what an input stream gives. */
record InputStreamWriter(InputStream in) implements Body.Writer {
    @Override
    public void writeTo(OutputStream out) throws IOException {
        try (in) {
            in.transferTo(out);
        }
    }

    @Override
    public void abandon() {
        try {
            in.close();
        } catch (IOException e) {
            // nothing of the stream was wanted, so nothing is lost; and who cancels must not fail (Reactive Streams §3.15)
        }
    }
}
