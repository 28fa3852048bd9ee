package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;

/**
 * How much a response is wanted (RFC 9218 §4): an urgency from 0, the highest, to 7, and whether it is of use while it is
 * incomplete. There are sixteen of them, each one object.
 */
final class Priority {
    static final int URGENCIES = 8;

    private static final int DEFAULT_URGENCY = 3;
    private static final Priority[] ALL = new Priority[2 * URGENCIES];

    static {
        for (int urgency = 0; urgency < URGENCIES; urgency++) {
            ALL[2 * urgency] = new Priority(urgency, false);
            ALL[2 * urgency + 1] = new Priority(urgency, true);
        }
    }

    /** Of what says nothing else: {@code u=3, i=?0}. */
    static final Priority DEFAULT = of(DEFAULT_URGENCY, false);

    private final int urgency;
    private final boolean incremental;

    private Priority(int urgency, boolean incremental) {
        this.urgency = urgency;
        this.incremental = incremental;
    }

    static Priority of(int urgency, boolean incremental) {
        return ALL[2 * urgency + (incremental ? 1 : 0)];
    }

    /** {@return what a {@code priority} field or a PRIORITY_UPDATE says; the default, if it cannot be understood} */
    static Priority parse(@Nullable String fieldValue) {
        return fieldValue == null ? DEFAULT : DEFAULT.with(fieldValue);
    }

    /**
     * What a field says where this priority stands for what it leaves out, as a server's field changes a client's (§8).
     * Parameters that are unknown or of the wrong kind are ignored, and so is the whole of what is no dictionary (RFC 8941).
     */
    Priority with(String fieldValue) {
        PriorityReader reader = new PriorityReader(fieldValue);
        if (!reader.read()) {
            return this;
        }
        int u = reader.urgency();
        int i = reader.incremental();
        return of(u < 0 ? urgency : u, i < 0 ? incremental : i == 1);
    }

    /** {@return from 0, the highest, to 7} */
    int urgency() {
        return urgency;
    }

    /** {@return whether parts of the response are of use, so that it may share the connection with others} */
    boolean incremental() {
        return incremental;
    }

    @Override
    public String toString() {
        return "u=" + urgency + (incremental ? ", i" : "");
    }
}
