package dev.millrace.files;

/** Compares an entity tag with the tags of a field (RFC 9110 §8.8.3). */
final class EntityTags {
    private EntityTags() {}

    /**
     * Whether a list has a tag, or is {@code *}.
     *
     * @param list the value of {@code If-Match} or {@code If-None-Match}
     * @param strong the current tag, a strong one, with its quotes
     * @param weakly whether weak tags in the list count too (RFC 9110 §8.8.3.2)
     * @return whether one of the list's tags is the current one; what is no tag ends the list
     */
    static boolean match(String list, String strong, boolean weakly) {
        if (list.equals("*")) {
            return true;
        }
        int at = 0;
        while (at < list.length()) {
            char c = list.charAt(at);
            if (c == ',' || c == ' ' || c == '\t') {
                at++;
                continue;
            }
            boolean weak = list.startsWith("W/", at);
            int open = weak ? at + 2 : at;
            int close = open < list.length() && list.charAt(open) == '"' ? list.indexOf('"', open + 1) : -1;
            if (close < 0) {
                return false;
            }
            int length = close + 1 - open;
            if ((weakly || !weak) && length == strong.length() && list.startsWith(strong, open)) {
                return true;
            }
            at = close + 1;
        }
        return false;
    }
}
