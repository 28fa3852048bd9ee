package dev.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

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
            throw new UncheckedIOException("closing a body's stream that was not needed", e);
        }
    }
}
