package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The options of a command line: {@code --name value} or {@code --name=value}, or {@code --name} alone for one that takes no
 * value. Of an option that is given twice the last one counts, so that a script's defaults can be overridden by what is
 * appended to them; {@link #all} has them all.
 */
final class Options {
    private final Map<String, List<String>> values;
    private final @Nullable String operand;
    private final boolean help;

    private Options(Map<String, List<String>> values, @Nullable String operand, boolean help) {
        this.values = values;
        this.operand = operand;
        this.help = help;
    }

    /**
     * Reads a command line.
     *
     * @param known the options that there are
     * @param operand what the command takes besides options, in capitals; empty if it takes nothing
     * @param args the words of the command line
     * @param from the first of them that belongs to the command's options
     * @return the options
     * @throws UsageException naming the word that is wrong
     */
    static Options parse(List<Option> known, String operand, String[] args, int from) throws UsageException {
        Map<String, List<String>> values = new HashMap<>();
        String given = null;
        boolean help = false;
        for (int i = from; i < args.length; i++) {
            String word = args[i];
            if (word.equals("--help") || word.equals("-h")) {
                help = true;
                continue;
            }
            if (!word.startsWith("-")) {
                if (operand.isEmpty() || given != null) {
                    throw new UsageException("unexpected argument " + word);
                }
                given = word;
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Option option = find(known, name);
            if (option == null) {
                throw new UsageException("unknown option " + name);
            }
            if (!option.valued()) {
                if (equals >= 0) {
                    throw new UsageException(name + " takes no value");
                }
                add(values, name, "");
                continue;
            }
            if (equals < 0 && (i + 1 == args.length || args[i + 1].startsWith("--"))) {
                throw new UsageException(name + " wants a value: " + name + " " + option.argument());
            }
            String value = equals < 0 ? args[++i] : word.substring(equals + 1);
            if (value.isEmpty()) {
                throw new UsageException(name + " has an empty value: " + name + " " + option.argument());
            }
            add(values, name, value);
        }
        if (given == null && !operand.isEmpty() && !help) {
            throw new UsageException("the " + operand + " is missing");
        }
        return new Options(values, given, help);
    }

    private static void add(Map<String, List<String>> values, String name, String value) {
        List<String> all = values.get(name);
        if (all == null) {
            all = new ArrayList<>(1);
            values.put(name, all);
        }
        all.add(value);
    }

    private static @Nullable Option find(List<Option> known, String name) {
        for (Option option : known) {
            if (option.name().equals(name)) {
                return option;
            }
        }
        return null;
    }

    /** {@return whether the command line asks for an explanation only} */
    boolean help() {
        return help;
    }

    /** {@return whether the option was given} */
    boolean has(Option option) {
        return text(option) != null;
    }

    /** {@return the option's value as it was given, or {@code null}} */
    @Nullable
    String text(Option option) {
        List<String> all = values.get(option.name());
        return all == null ? null : all.get(all.size() - 1);
    }

    /** {@return all values of the option, in their order} */
    List<String> all(Option option) {
        List<String> all = values.get(option.name());
        return all == null ? List.of() : List.copyOf(all);
    }

    /** {@return what was given besides options; empty if nothing was} */
    String operand() {
        return operand == null ? "" : operand;
    }

    /** {@return the option's value as it was given, or the default} */
    String text(Option option, String byDefault) {
        String value = text(option);
        return value == null ? byDefault : value;
    }

    /**
     * The option's value as a whole number.
     *
     * @param option the option
     * @param least the least value allowed, not negative
     * @param most the greatest value allowed
     * @param byDefault the value if the option is not given
     * @return the value
     * @throws UsageException naming the option, if its value is no number or out of bounds
     */
    int number(Option option, int least, int most, int byDefault) throws UsageException {
        return (int) bytes(option, least, most, byDefault);
    }

    /** The same where it may be larger. */
    long bytes(Option option, long least, long most, long byDefault) throws UsageException {
        String text = text(option);
        if (text == null) {
            return byDefault;
        }
        long value = Decimal.parse(text, most);
        if (value < least) {
            throw new UsageException(option.name() + " wants a number from " + least + " to " + most + ", not " + text);
        }
        return value;
    }
}
