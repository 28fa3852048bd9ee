package dev.millrace.files;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Media types by the extension of a file's name. Our own table, so that a server says the same on every machine; types
 * of text say that they are in UTF-8.
 */
final class MediaTypes {
    static final String UNKNOWN = "application/octet-stream";

    /** A type, then the extensions that have it. */
    private static final String[] TABLE = {
        "text/html; charset=utf-8", "html htm",
        "text/css; charset=utf-8", "css",
        "text/javascript; charset=utf-8", "js mjs cjs",
        "text/plain; charset=utf-8",
                "txt text log conf ini properties toml diff patch java c h cc cpp hpp cs go rs py rb sh bat sql kt scala swift ts tsx jsx",
        "text/markdown; charset=utf-8", "md markdown",
        "text/csv; charset=utf-8", "csv",
        "text/tab-separated-values; charset=utf-8", "tsv",
        "text/calendar; charset=utf-8", "ics",
        "text/vcard; charset=utf-8", "vcf",
        "text/vtt; charset=utf-8", "vtt",
        "application/yaml", "yaml yml",
        "application/json", "json map",
        "application/ld+json", "jsonld",
        "application/geo+json", "geojson",
        "application/manifest+json", "webmanifest",
        "application/xml", "xml xsl xsd",
        "application/xhtml+xml", "xhtml xht",
        "application/rss+xml", "rss",
        "application/atom+xml", "atom",
        "application/wasm", "wasm",
        "application/pdf", "pdf",
        "application/rtf", "rtf",
        "application/epub+zip", "epub",
        "application/zip", "zip",
        "application/gzip", "gz tgz",
        "application/x-tar", "tar",
        "application/x-bzip2", "bz2",
        "application/x-xz", "xz",
        "application/zstd", "zst",
        "application/x-7z-compressed", "7z",
        "application/vnd.rar", "rar",
        "application/java-archive", "jar war",
        "application/java-vm", "class",
        "application/vnd.sqlite3", "sqlite sqlite3",
        "application/msword", "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx",
        "application/vnd.ms-excel", "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
        "application/vnd.ms-powerpoint", "ppt",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx",
        "application/vnd.oasis.opendocument.text", "odt",
        "application/vnd.oasis.opendocument.spreadsheet", "ods",
        "application/vnd.oasis.opendocument.presentation", "odp",
        "application/x-x509-ca-cert", "crt cer der",
        "application/x-pem-file", "pem",
        "image/svg+xml", "svg",
        "image/png", "png",
        "image/apng", "apng",
        "image/jpeg", "jpg jpeg jpe",
        "image/gif", "gif",
        "image/webp", "webp",
        "image/avif", "avif",
        "image/heic", "heic",
        "image/jxl", "jxl",
        "image/bmp", "bmp",
        "image/tiff", "tif tiff",
        "image/vnd.microsoft.icon", "ico",
        "audio/mpeg", "mp3",
        "audio/mp4", "m4a",
        "audio/aac", "aac",
        "audio/ogg", "oga ogg opus",
        "audio/wav", "wav",
        "audio/flac", "flac",
        "audio/midi", "mid midi",
        "video/mp4", "mp4 m4v",
        "video/webm", "webm",
        "video/ogg", "ogv",
        "video/quicktime", "mov",
        "video/x-matroska", "mkv",
        "video/x-msvideo", "avi",
        "video/mp2t", "m2ts",
        "application/vnd.apple.mpegurl", "m3u8",
        "application/dash+xml", "mpd",
        "font/woff", "woff",
        "font/woff2", "woff2",
        "font/ttf", "ttf",
        "font/otf", "otf",
        "font/collection", "ttc"
    };

    private final Map<String, String> byExtension;

    /**
     * The table with some more types.
     *
     * @param more media types by extensions in lower case, which replace those of the table
     */
    MediaTypes(Map<String, String> more) {
        byExtension = new HashMap<>();
        for (int i = 0; i < TABLE.length; i += 2) {
            String extensions = TABLE[i + 1];
            for (int start = 0; start < extensions.length(); ) {
                int space = extensions.indexOf(' ', start);
                int end = space < 0 ? extensions.length() : space;
                byExtension.put(extensions.substring(start, end), TABLE[i]);
                start = end + 1;
            }
        }
        byExtension.putAll(more);
    }

    /** {@return the type of a file of that name} */
    String of(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0
                ? UNKNOWN
                : byExtension.getOrDefault(name.substring(dot + 1).toLowerCase(Locale.ROOT), UNKNOWN);
    }
}
