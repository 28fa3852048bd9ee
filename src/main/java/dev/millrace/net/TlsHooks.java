package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.tls.LoadedCertificate;
import dev.millrace.internal.tls.TlsSpec;
import java.time.Duration;
import java.util.function.Consumer;

/** Tells the user's hooks, or the log where there is none, what happens to a {@link Tls}. */
final class TlsHooks {
    @Nullable
    Consumer<? super Exception> reloadError;

    @Nullable
    Consumer<? super Tls.Certificate> expiry;

    /** {@return the hooks as they are now} */
    TlsSpec.Hooks copy(Clock clock) {
        return new Told(reloadError, expiry, clock);
    }

    private record Told(
            @Nullable Consumer<? super Exception> reloadError,
            @Nullable Consumer<? super Tls.Certificate> expiry,
            Clock clock)
            implements TlsSpec.Hooks {
        @Override
        public void reloadFailed(Exception error) {
            if (reloadError == null) {
                warn("TLS files could not be reloaded, the old ones stay in use: " + error.getMessage());
                return;
            }
            try {
                reloadError.accept(error);
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        @Override
        public void expires(LoadedCertificate loaded) {
            Tls.Certificate certificate = Tls.Certificate.of(loaded);
            if (expiry == null) {
                warn("the certificate " + certificate.name() + validity(certificate));
                return;
            }
            try {
                expiry.accept(certificate);
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        private String validity(Tls.Certificate certificate) {
            long now = clock.epochMillis();
            if (certificate.notBefore().toEpochMilli() > now) {
                return " is not valid before " + certificate.notBefore() + ": peers will refuse it";
            }
            long left = certificate.notAfter().toEpochMilli() - now;
            return left <= 0
                    ? " has ended at " + certificate.notAfter() + ": peers refuse it"
                    : " ends at " + certificate.notAfter() + ", in "
                            + Duration.ofMillis(left).toHours() + " hours: renew it";
        }

        private static void failed(RuntimeException error) {
            System.getLogger("dev.millrace")
                    .log(System.Logger.Level.ERROR, "a hook of a TLS configuration failed", error);
        }

        private static void warn(String text) {
            System.getLogger("dev.millrace").log(System.Logger.Level.WARNING, text);
        }
    }
}
