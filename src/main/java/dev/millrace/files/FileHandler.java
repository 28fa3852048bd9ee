package dev.millrace.files;

import dev.millrace.files.ByteRanges.Range;
import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Handler;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpDate;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Serves the files of a directory and of those below it.
 *
 * <p>GET and HEAD, with {@code Last-Modified}, a strong {@code ETag} made of size and modification time, conditional
 * requests (RFC 9110 §13) and ranges (RFC 9110 §14): one as a part of the file, several as
 * {@code multipart/byteranges}; overlapping ones are merged, and a {@code Range} of more than 64 is ignored. A whole file
 * and a single range are sent by the operating system itself where the connection is not encrypted. OPTIONS names the
 * methods; other registered methods get 405, unregistered ones 501.
 *
 * <p>No path leads out of the directory: dot segments and encoded slashes are refused, and a symbolic link is followed
 * only to where it stays below the directory's real path. Names that begin with a dot are not served unless
 * {@linkplain Builder#hidden(boolean) allowed}, and neither is anything but regular files and directories. What is not
 * served gets 404, whether it is missing, forbidden or unreadable, so that the answer tells nothing about what is there.
 * Who can write below the directory is trusted not to exchange a file for a link between the look and the sending.
 *
 * <p>A directory's path without a slash at its end is redirected to the one with it; with it, the first of its
 * {@linkplain Builder#indexFiles(String...) index files} is served, else the listing if that is
 * {@linkplain Builder#listing(boolean) on}, else 404.
 *
 * <p>Immutable and safe for any thread. As an {@link AsyncHandler} it looks at the file system on the event loop: a few
 * calls a request, each of microseconds on a local disk whose metadata is cached, which is less than handing over to
 * another thread costs. Where they may take long, as on a network file system or for listings of large directories, use
 * {@link #asHandler()}, which makes them on a handler's thread.
 */
public final class FileHandler implements AsyncHandler {
    private static final String ALLOW = "GET, HEAD, OPTIONS";

    private final FileTree tree;
    private final List<String> indexFiles;
    private final boolean listing;
    private final boolean hidden;
    private final MediaTypes types;
    private final @Nullable String cacheControl;

    private FileHandler(Builder builder) throws IOException {
        this.tree = new FileTree(builder.root);
        this.indexFiles = builder.indexFiles;
        this.listing = builder.listing;
        this.hidden = builder.hidden;
        this.types = new MediaTypes(builder.types);
        this.cacheControl = builder.cacheControl;
    }

    /**
     * Serves a directory with the defaults of {@link #builder(Path)}.
     *
     * @param root the directory
     * @return the handler
     * @throws IOException if it is no directory that can be read
     */
    public static FileHandler of(Path root) throws IOException {
        return builder(root).build();
    }

    /**
     * Starts a handler: {@code index.html} is the index file, there are no listings, names that begin with a dot are not
     * served, and no {@code Cache-Control} is sent.
     *
     * @param root the directory; a symbolic link is followed once, when the handler is built
     * @return a builder
     */
    public static Builder builder(Path root) {
        return new Builder(root);
    }

    /**
     * Answers a request on the caller's thread; the stage is complete when this returns. Never fails on account of the
     * file system.
     */
    @Override
    public CompletionStage<Response> handle(Request request) {
        return CompletableFuture.completedFuture(respond(request));
    }

    /** {@return the same as a blocking handler, which makes its file system calls on a handler's thread} */
    public Handler asHandler() {
        return this::respond;
    }

    private Response respond(Request request) {
        Method method = request.method();
        if (!method.registered()) {
            return Response.text(Status.NOT_IMPLEMENTED, "this server knows no such method\n");
        }
        if (method == Method.OPTIONS) {
            return Response.of(Status.NO_CONTENT, Headers.of(FieldName.ALLOW, ALLOW), Body.empty());
        }
        if (method != Method.GET && method != Method.HEAD) {
            return Response.text(Status.METHOD_NOT_ALLOWED, "files take " + ALLOW + "\n")
                    .withHeader(FieldName.ALLOW, ALLOW);
        }
        try {
            return find(request);
        } catch (StatusException e) {
            return e.response();
        }
    }

    private Response find(Request request) {
        TargetPath target = TargetPath.of(request.path(), hidden);
        FileTree.Entry entry = tree.find(target.names());
        if (entry == null) {
            throw TargetPath.notFound();
        }
        if (!entry.directory()) {
            if (target.directory()) {
                throw TargetPath.notFound();
            }
            return file(entry, request);
        }
        if (!target.directory()) {
            // The path begins with one slash, for empty segments are refused: it cannot read as another host.
            String query = request.query();
            return Response.redirect(
                    Status.MOVED_PERMANENTLY, request.path() + "/" + (query.isEmpty() ? "" : "?" + query));
        }
        for (String name : indexFiles) {
            FileTree.Entry index = tree.find(entry, name);
            if (index != null && !index.directory()) {
                return file(index, request);
            }
        }
        if (!listing) {
            throw TargetPath.notFound();
        }
        return listing(entry, target.names());
    }

    private Response listing(FileTree.Entry directory, List<String> names) {
        try {
            Response page = Response.html(Listing.html(directory.path(), names, entry -> shown(directory, entry)));
            return cacheControl == null ? page : page.withHeader(FieldName.CACHE_CONTROL, cacheControl);
        } catch (IOException e) {
            throw TargetPath.notFound();
        }
    }

    private @Nullable String shown(FileTree.Entry directory, Path path) {
        Path last = path.getFileName();
        String name = last == null ? "" : last.toString();
        if (!TargetPath.fits(name, hidden)) {
            return null;
        }
        FileTree.Entry entry = tree.find(directory, name);
        return entry == null ? null : entry.directory() ? name + "/" : name;
    }

    private Response file(FileTree.Entry file, Request request) {
        Headers sent = request.headers();
        String tag = file.tag();
        long modified = file.modifiedSeconds();
        Headers.Builder headers = Headers.builder().add(FieldName.ETAG, tag);
        if (cacheControl != null) {
            headers.add(FieldName.CACHE_CONTROL, cacheControl);
        }
        if (!sent.isEmpty()) {
            switch (Preconditions.evaluate(sent, tag, modified)) {
                case FAILED -> {
                    return Response.text(Status.PRECONDITION_FAILED, "the file is not in the state asked for\n");
                }
                case NOT_MODIFIED -> {
                    // Last-Modified adds nothing where there is a tag (RFC 9110 §15.4.5)
                    return Response.of(Status.NOT_MODIFIED, headers.build(), Body.empty());
                }
                case PROCEED -> {}
            }
        }
        if (HttpDate.writable(modified)) {
            headers.add(FieldName.LAST_MODIFIED, HttpDate.format(modified));
        }
        headers.add(FieldName.ACCEPT_RANGES, "bytes");
        String type = types.of(file.name());
        String range = request.method() == Method.GET ? sent.combined(FieldName.RANGE) : null;
        if (range != null && Preconditions.rangeCounts(sent, tag, modified)) {
            List<Range> ranges = ByteRanges.read(range, file.size());
            if (ranges != null) {
                return ranges(file, type, ranges, headers);
            }
        }
        headers.add(FieldName.CONTENT_TYPE, type);
        return Response.of(Status.OK, headers.build(), Body.file(file.path(), 0, file.size()));
    }

    private static Response ranges(FileTree.Entry file, String type, List<Range> ranges, Headers.Builder headers) {
        if (ranges.isEmpty()) {
            return Response.text(Status.RANGE_NOT_SATISFIABLE, "the file has " + file.size() + " bytes\n")
                    .withHeader(FieldName.CONTENT_RANGE, "bytes */" + file.size());
        }
        if (ranges.size() > 1) {
            Parts parts = new Parts(file.path(), file.size(), type, ranges);
            headers.add(FieldName.CONTENT_TYPE, parts.contentType());
            return Response.of(Status.PARTIAL_CONTENT, headers.build(), parts.body());
        }
        Range only = ranges.get(0);
        headers.add(FieldName.CONTENT_TYPE, type).add(FieldName.CONTENT_RANGE, only.of(file.size()));
        return Response.of(
                Status.PARTIAL_CONTENT, headers.build(), Body.file(file.path(), only.first(), only.length()));
    }

    /** {@return what is served, for a log} */
    @Override
    public String toString() {
        return "FileHandler[" + tree.root() + "]";
    }

    /** Collects the options of a {@link FileHandler}. Not safe for several threads at once. */
    public static final class Builder {
        private final Path root;
        private final Map<String, String> types = new HashMap<>();
        private List<String> indexFiles = List.of("index.html");
        private boolean listing;
        private boolean hidden;
        private @Nullable String cacheControl;

        private Builder(Path root) {
            this.root = root;
        }

        /**
         * Sets the names of the files that stand for their directory; {@code index.html} if not called.
         *
         * @param names in the order in which they are looked for; none for no index files
         * @return this
         * @throws IllegalArgumentException if one is empty, has a slash or leads elsewhere
         */
        public Builder indexFiles(String... names) {
            List<String> checked = new ArrayList<>();
            for (String name : names) {
                if (!TargetPath.fits(name, true)) {
                    throw new IllegalArgumentException("the index file's name is not that of a file: " + name);
                }
                checked.add(name);
            }
            indexFiles = List.copyOf(checked);
            return this;
        }

        /**
         * Sets whether a directory without an index file is answered by a page that links its first 10,000 entries; off if not
         * called.
         *
         * @param on whether there are listings
         * @return this
         */
        public Builder listing(boolean on) {
            listing = on;
            return this;
        }

        /**
         * Sets whether files and directories are served whose names begin with a dot, such as {@code .git}; not if not called,
         * except {@code .well-known} (RFC 8615).
         *
         * @param served whether they are served
         * @return this
         */
        public Builder hidden(boolean served) {
            hidden = served;
            return this;
        }

        /**
         * Sets the media type of an extension, over what the built-in table says. Without any, a file is
         * {@code application/octet-stream}.
         *
         * @param extension the name's part after its last dot, in any case
         * @param type the value for {@code Content-Type}
         * @return this
         * @throws IllegalArgumentException if the type cannot stand in a field value
         */
        public Builder mediaType(String extension, String type) {
            types.put(extension.toLowerCase(Locale.ROOT), checked(FieldName.CONTENT_TYPE, type));
            return this;
        }

        /**
         * Sets the {@code Cache-Control} of files and listings (RFC 9111 §5.2), such as {@code max-age=3600}; none if not
         * called.
         *
         * @param value the field's value
         * @return this
         * @throws IllegalArgumentException if it cannot stand in a field value
         */
        public Builder cacheControl(String value) {
            cacheControl = checked(FieldName.CACHE_CONTROL, value);
            return this;
        }

        private static String checked(String name, String value) {
            return Headers.of(name, value).value(0);
        }

        /**
         * Makes the handler.
         *
         * @return the handler
         * @throws IOException if the root is no directory that can be read
         */
        public FileHandler build() throws IOException {
            return new FileHandler(this);
        }
    }
}
