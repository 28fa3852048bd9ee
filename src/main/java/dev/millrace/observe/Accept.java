package dev.millrace.observe;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import java.util.Locale;

/** What a request's Accept field (RFC 9110 §12.5.1) says of a media type. */
final class Accept {
    private Accept() {}

    /**
     * How much a type is wanted by its own name; ranges such as {@code *}{@code /*} are left out, since they tell nothing
     * about which of several types is wanted.
     *
     * @param headers the request's fields
     * @param type the media type in lower case, without parameters
     * @return its weight, from 0, for not wanted or not named, to 1
     */
    static double weight(Headers headers, String type) {
        double best = 0;
        for (String line : headers.all(FieldName.ACCEPT)) {
            for (int start = 0; start <= line.length(); ) {
                int comma = line.indexOf(',', start);
                int end = comma < 0 ? line.length() : comma;
                best = Math.max(best, element(line.substring(start, end).toLowerCase(Locale.ROOT), type));
                start = end + 1;
            }
        }
        return best;
    }

    private static double element(String element, String type) {
        int semicolon = element.indexOf(';');
        String name = semicolon < 0 ? element : element.substring(0, semicolon);
        if (!name.strip().equals(type)) {
            return 0;
        }
        double weight = 1;
        while (semicolon >= 0) {
            int next = element.indexOf(';', semicolon + 1);
            String parameter = element.substring(semicolon + 1, next < 0 ? element.length() : next)
                    .strip();
            if (parameter.startsWith("q=")) {
                weight = number(parameter.substring(2));
            } else if (parameter.startsWith("version=") && !parameter.equals("version=1.0.0")) {
                // the same type in another version is another type to who asks for it
                return type.equals("application/openmetrics-text") ? 0 : weight;
            }
            semicolon = next;
        }
        return weight;
    }

    private static double number(String text) {
        try {
            double value = Double.parseDouble(text);
            return value >= 0 && value <= 1 ? value : 0;
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }
}
