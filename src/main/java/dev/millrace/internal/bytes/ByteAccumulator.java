package dev.millrace.internal.bytes;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Bytes that are gathered one after the other in one array, which grows as it must. Numbers are put with their highest
 * byte first. What was put may be patched, and {@link #array()} may be written to directly after {@link #room(int)}.
 * Not safe for several threads at once.
 *
 * <p>Numbers go through a {@link ByteBuffer}: as fast as a {@code VarHandle} once compiled, and no cost to start with.
 */
public final class ByteAccumulator {
    /** As long as an array can be on every JVM. */
    private static final int LONGEST = Integer.MAX_VALUE - 8;

    private byte[] bytes;
    private ByteBuffer buffer;
    private int length;

    /**
     * An empty accumulator.
     *
     * @param capacity how many bytes it holds before it grows, at least 0
     */
    public ByteAccumulator(int capacity) {
        this.bytes = new byte[capacity];
        this.buffer = ByteBuffer.wrap(bytes);
    }

    /** {@return the bytes, from 0 to {@link #length()}; another array once it has grown} */
    public byte[] array() {
        return bytes;
    }

    /**
     * {@return a buffer over the array, to write numbers to, highest byte first} Its position and limit mean nothing; it
     * too is another one once the array has grown.
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** {@return how many bytes there are} */
    public int length() {
        return length;
    }

    /** Forgets all bytes, but keeps the array. */
    public void clear() {
        length = 0;
    }

    /**
     * Forgets all bytes, and the array too if it has become large, so that one large use is not paid for for ever.
     *
     * @param most an array longer than this is exchanged for one of this length
     */
    public void clear(int most) {
        length = 0;
        if (bytes.length > most) {
            bytes = new byte[most];
            buffer = ByteBuffer.wrap(bytes);
        }
    }

    /**
     * Says how many bytes there are: to take some back, or after some were written into the array.
     *
     * @param newLength not more than the array holds
     */
    public void setLength(int newLength) {
        if (newLength < 0 || newLength > bytes.length) {
            throw new IndexOutOfBoundsException("length " + newLength + " of an array of " + bytes.length);
        }
        length = newLength;
    }

    /**
     * Sees that a number of bytes can be written after the last one without growing.
     *
     * @param more how many, at least 0
     */
    public void room(int more) {
        if (more > bytes.length - length) {
            grow(more);
        }
    }

    private void grow(int more) {
        if (more > LONGEST - length) {
            throw new OutOfMemoryError("an array of more than " + LONGEST + " bytes");
        }
        int doubled = bytes.length > LONGEST / 2 ? LONGEST : 2 * bytes.length;
        bytes = Arrays.copyOf(bytes, Math.max(length + more, doubled));
        buffer = ByteBuffer.wrap(bytes);
    }

    /** Puts the low eight bits of a number. */
    public void put(int b) {
        if (length == bytes.length) {
            grow(1);
        }
        bytes[length++] = (byte) b;
    }

    /** Puts all of an array. */
    public void put(byte[] from) {
        put(from, 0, from.length);
    }

    /** Puts a part of an array. */
    public void put(byte[] from, int offset, int count) {
        room(count);
        System.arraycopy(from, offset, bytes, length, count);
        length += count;
    }

    /** Puts the low sixteen bits of a number. */
    public void putShort(int value) {
        room(Short.BYTES);
        buffer.putShort(length, (short) value);
        length += Short.BYTES;
    }

    /** Puts the low twenty-four bits of a number, as lengths of frames have them. */
    public void putMedium(int value) {
        room(3);
        setMedium(length, value);
        length += 3;
    }

    /** Puts a number of four bytes. */
    public void putInt(int value) {
        room(Integer.BYTES);
        buffer.putInt(length, value);
        length += Integer.BYTES;
    }

    /** Puts a number of eight bytes. */
    public void putLong(long value) {
        room(Long.BYTES);
        buffer.putLong(length, value);
        length += Long.BYTES;
    }

    /** Puts a text whose characters are all below 256, a byte each; of others only the low eight bits. */
    @SuppressWarnings("deprecation") // drops the high bytes, of which there are none, and is one array copy
    public void putLatin1(String text) {
        int count = text.length();
        room(count);
        text.getBytes(0, count, bytes, length);
        length += count;
    }

    /** Puts a number that is not negative, in decimal digits. */
    public void putDecimal(long value) {
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        room(digits);
        long rest = value;
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
    }

    /** Changes a byte that was put. */
    public void set(int at, int b) {
        bytes[at] = (byte) b;
    }

    /** Changes three bytes that were put. */
    public void setMedium(int at, int value) {
        bytes[at] = (byte) (value >> 16);
        bytes[at + 1] = (byte) (value >> 8);
        bytes[at + 2] = (byte) value;
    }

    /** Changes four bytes that were put. */
    public void setInt(int at, int value) {
        buffer.putInt(at, value);
    }

    /**
     * Makes a gap between bytes that were put; what follows moves up.
     *
     * @param at where the gap starts, at most {@link #length()}
     * @param count how many bytes; what they hold is undefined
     */
    public void insertGap(int at, int count) {
        room(count);
        System.arraycopy(bytes, at, bytes, at + count, length - at);
        length += count;
    }
}
