package dev.millrace.interop;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** grpc-java against the service: GrpcClient PORT (clear|tls) SCENE... Prints "ok" and the scene, or "FAIL". */
public final class GrpcClient {
    private static final Metadata.Key<String> MARK = Metadata.Key.of("x-mark", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> VERSION = Metadata.Key.of("x-version", Metadata.ASCII_STRING_MARSHALLER);
    private static final byte[] NOTHING = {};

    /** Messages are bytes. */
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final Channel channel;
    private final BlockingQueue<Integer> told = new ArrayBlockingQueue<>(16);

    private GrpcClient(Channel channel) {
        this.channel = channel;
    }

    public static void main(String[] arguments) throws Exception {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        if (arguments[1].equals("tls")) {
            builder.sslContext(GrpcSslContexts.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .build());
            builder.overrideAuthority("localhost");
        } else {
            builder.usePlaintext();
        }
        ManagedChannel channel = builder.maxInboundMessageSize(64 << 20).build();
        boolean failed = false;
        try {
            for (String scene : Arrays.asList(arguments).subList(2, arguments.length)) {
                try {
                    new GrpcClient(channel).scene(scene);
                    System.out.println("ok " + scene);
                } catch (Exception | AssertionError e) {
                    failed = true;
                    System.out.println("FAIL " + scene + ": " + e);
                    e.printStackTrace();
                }
            }
        } finally {
            channel.shutdownNow();
            check(channel.awaitTermination(20, TimeUnit.SECONDS), "the channel does not end");
        }
        System.exit(failed ? 1 : 0);
    }

    private void scene(String name) throws Exception {
        switch (name) {
            case "unary" -> unary();
            case "concurrent" -> concurrent();
            case "collect" -> collect();
            case "repeat" -> repeat();
            case "slow-taker" -> slowTaker();
            case "echo" -> echo();
            case "statuses" -> statuses();
            case "deadline" -> deadline();
            case "cancel" -> cancel();
            case "drain" -> drain();
            default -> throw new IllegalArgumentException(name);
        }
    }

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
                .setType(type)
                .setFullMethodName("interop.Echo/" + name)
                .build();
    }

    private static byte[] call(Channel channel, String name, byte[] message, CallOptions options) {
        return ClientCalls.blockingUnaryCall(
                channel, method(name, MethodDescriptor.MethodType.UNARY), options, message);
    }

    private byte[] unary(byte[] message) {
        return call(channel, "Unary", message, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    }

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private void unary() {
        for (int size : new int[] {0, 1, 5, 100, 16_379, 16_384, 65_530, 65_535, 100_000, 3_000_000, 20_000_000}) {
            byte[] message = noise(size);
            check(Arrays.equals(message, unary(message)), size + " bytes");
        }
        for (int i = 0; i < 300; i++) {
            check(unary(noise(i)).length == i, "call " + i);
        }
        Metadata sent = new Metadata();
        sent.put(MARK, "a mark");
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        Channel marked = ClientInterceptors.intercept(
                channel,
                MetadataUtils.newAttachHeadersInterceptor(sent),
                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
        call(marked, "Unary", NOTHING, CallOptions.DEFAULT);
        check("a mark".equals(trailers.get().get(MARK)), "trailers: " + trailers.get());
        check(
                "HTTP/2.0".equals(trailers.get().get(VERSION))
                        || "HTTP_2".equals(trailers.get().get(VERSION))
                        || "HTTP/2".equals(trailers.get().get(VERSION)),
                "trailers: " + trailers.get());
    }

    private void concurrent() throws Exception {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            byte[] message = noise(i % 5_000);
            CompletableFuture<Void> one = new CompletableFuture<>();
            all.add(one);
            ClientCalls.asyncUnaryCall(
                    channel.newCall(method("Unary", MethodDescriptor.MethodType.UNARY), CallOptions.DEFAULT),
                    message,
                    new StreamObserver<>() {
                        @Override
                        public void onNext(byte[] got) {
                            check(Arrays.equals(message, got), "an answer differs");
                        }

                        @Override
                        public void onError(Throwable cause) {
                            one.completeExceptionally(cause);
                        }

                        @Override
                        public void onCompleted() {
                            one.complete(null);
                        }
                    });
        }
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).get(60, TimeUnit.SECONDS);
    }

    private void collect() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        StreamObserver<byte[]> out = ClientCalls.asyncClientStreamingCall(
                channel.newCall(method("Collect", MethodDescriptor.MethodType.CLIENT_STREAMING), CallOptions.DEFAULT),
                text(answer));
        long bytes = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] message = noise(i);
            bytes += message.length;
            out.onNext(message);
        }
        out.onCompleted();
        String got = answer.get(60, TimeUnit.SECONDS);
        check(got.equals("3000 " + bytes), "collected " + got);
    }

    private static StreamObserver<byte[]> text(CompletableFuture<String> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] got) {
                answer.complete(new String(got, StandardCharsets.US_ASCII));
            }

            @Override
            public void onError(Throwable cause) {
                answer.completeExceptionally(cause);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new IllegalStateException("ended without an answer"));
            }
        };
    }

    private Iterator<byte[]> repeated(int count, int size) {
        return ClientCalls.blockingServerStreamingCall(
                channel,
                method("Repeat", MethodDescriptor.MethodType.SERVER_STREAMING),
                CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                (count + " " + size).getBytes(StandardCharsets.US_ASCII));
    }

    private void repeat() {
        for (int[] shape : new int[][] {{0, 0}, {1, 10}, {5_000, 100}, {2_000, 10_000}, {30, 1_000_000}}) {
            Iterator<byte[]> got = repeated(shape[0], shape[1]);
            for (int left = shape[0]; left > 0; left--) {
                byte[] message = got.next();
                check(message.length == shape[1] && ByteBuffer.wrap(message).getInt() == left, "message " + left);
            }
            check(!got.hasNext(), "more than was asked for");
        }
    }

    /** 64 MiB that nobody takes for a while: they must wait at the server as demand, not as bytes, and other calls go on. */
    private void slowTaker() throws Exception {
        Iterator<byte[]> got = repeated(640, 100_000);
        got.next();
        for (int i = 0; i < 200; i++) {
            check(unary(noise(1_000)).length == 1_000, "a call beside a slow one");
        }
        int count = 1;
        while (got.hasNext()) {
            got.next();
            count++;
        }
        check(count == 640, count + " messages");
    }

    private void echo() throws Exception {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(new PingPong(400, i).start());
        }
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).get(60, TimeUnit.SECONDS);
    }

    /** A conversation: each message is sent when the answer to the last one is here. */
    private final class PingPong implements ClientResponseObserver<byte[], byte[]> {
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final int rounds;
        private final int seed;
        private ClientCallStreamObserver<byte[]> out;
        private int round;

        PingPong(int rounds, int seed) {
            this.rounds = rounds;
            this.seed = seed;
        }

        CompletableFuture<Void> start() {
            ClientCalls.asyncBidiStreamingCall(
                    channel.newCall(method("Echo", MethodDescriptor.MethodType.BIDI_STREAMING), CallOptions.DEFAULT),
                    this);
            out.onNext(noise(seed));
            return done;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<byte[]> stream) {
            out = stream;
        }

        @Override
        public void onNext(byte[] got) {
            if (!Arrays.equals(got, noise(seed + round))) {
                done.completeExceptionally(new AssertionError("round " + round + " differs"));
            }
            if (++round == rounds) {
                out.onCompleted();
            } else {
                out.onNext(noise(seed + round));
            }
        }

        @Override
        public void onError(Throwable cause) {
            done.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            done.complete(null);
        }
    }

    private void statuses() {
        Status failed = refused("Fail", CallOptions.DEFAULT);
        check(
                failed.getCode() == Status.Code.FAILED_PRECONDITION
                        && "failed as asked, 100%".equals(failed.getDescription()),
                failed.toString());
        Status missing = refused("Missing", CallOptions.DEFAULT);
        check(missing.getCode() == Status.Code.UNIMPLEMENTED, missing.toString());
        check(unary(noise(10)).length == 10, "a call after two that failed");
    }

    private Status refused(String name, CallOptions options) {
        try {
            call(channel, name, noise(10), options);
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
        throw new AssertionError(name + " succeeded");
    }

    private void deadline() {
        for (int i = 0; i < 10; i++) {
            Status late = refused("Never", CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.MILLISECONDS));
            check(late.getCode() == Status.Code.DEADLINE_EXCEEDED, late.toString());
        }
        check(unary(noise(10)).length == 10, "a call after deadlines");
    }

    private void cancel() throws Exception {
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            ClientCall<byte[], byte[]> call = channel.newCall(
                    method("Repeat", MethodDescriptor.MethodType.SERVER_STREAMING), CallOptions.DEFAULT);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onMessage(byte[] message) {
                            begun.complete(null);
                        }
                    },
                    new Metadata());
            call.sendMessage("1000000 10000".getBytes(StandardCharsets.US_ASCII));
            call.halfClose();
            call.request(1);
            begun.get(20, TimeUnit.SECONDS);
            call.cancel("enough", null);
        }
        check(unary(noise(10)).length == 10, "a call after cancelled ones");
    }

    /** The server is told to stop while a conversation is open: it goes on to its end, and only then new calls fail. */
    private void drain() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        StreamObserver<byte[]> out = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(method("Echo", MethodDescriptor.MethodType.BIDI_STREAMING), CallOptions.DEFAULT),
                new StreamObserver<>() {
                    @Override
                    public void onNext(byte[] got) {
                        told.add(got.length);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        done.completeExceptionally(cause);
                    }

                    @Override
                    public void onCompleted() {
                        done.complete(null);
                    }
                });
        out.onNext(noise(1));
        check(told.poll(20, TimeUnit.SECONDS) == 1, "the first message");
        System.out.println("open");
        System.in.read(); // the server has been told by now
        for (int size = 2; size < 50; size++) {
            out.onNext(noise(size));
            Integer got = told.poll(20, TimeUnit.SECONDS);
            check(got != null && got == size, "message " + size + " during the stop: " + got);
        }
        out.onCompleted();
        done.get(20, TimeUnit.SECONDS);
        Status gone = refused("Unary", CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
        check(gone.getCode() == Status.Code.UNAVAILABLE, gone.toString());
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
