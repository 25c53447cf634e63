//! The signals that end a command.

#[cfg(not(unix))]
use std::io;

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM, as Kubernetes, systemd and Nagios send it.
    #[cfg(unix)]
    Terminate,
}

impl Signal {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            #[cfg(unix)]
            Self::Terminate => "SIGTERM",
        }
    }

    /// What a shell makes of a program that dies of it: 128 and the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            #[cfg(unix)]
            Self::Terminate => 143,
        }
    }
}

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::Signal;

    /// Whether a signal kills, as it would without us. It is so from the first one on, and while nobody listens: a
    /// program that waits for a full pipe or for a slow probe must not be deaf.
    static KILLS: OnceLock<Arc<AtomicBool>> = OnceLock::new();

    /// Listens for as long as it lives.
    #[derive(Debug)]
    pub(crate) struct Signals {
        interrupt: Stream,
        terminate: Stream,
        kills: Arc<AtomicBool>,
    }

    impl Signals {
        /// Listens from now on. It needs a tokio runtime.
        ///
        /// # Errors
        /// What the operating system says.
        pub(crate) fn listen() -> io::Result<Self> {
            let kills = match KILLS.get() {
                Some(kills) => Arc::clone(kills),
                None => arm(Arc::clone(KILLS.get_or_init(Arc::default)))?,
            };
            kills.store(false, Ordering::SeqCst);
            let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            Ok(Self { interrupt, terminate, kills })
        }

        /// The next signal.
        pub(crate) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.terminate.recv() => Signal::Terminate,
            }
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            self.kills.store(true, Ordering::SeqCst);
        }
    }

    /// The order counts: a signal kills only when one before has set the flag.
    fn arm(kills: Arc<AtomicBool>) -> io::Result<Arc<AtomicBool>> {
        for number in [SIGINT, SIGTERM] {
            flag::register_conditional_default(number, Arc::clone(&kills))?;
            flag::register(number, Arc::clone(&kills))?;
        }
        Ok(kills)
    }
}

/// Listens for Ctrl-C only: other systems end a program without asking it.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
