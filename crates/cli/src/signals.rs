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
pub(crate) use unix::{Hangups, Signals};

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::Signal;

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// What the handlers set.
    #[derive(Clone, Debug, Default)]
    struct Armed {
        /// Whether a signal kills, as it would without us. It is so from the first one on, and while nobody listens: a
        /// program that waits for a full pipe or for a slow probe must not be deaf.
        kills: Arc<AtomicBool>,
        /// The number of the last signal that nobody was told of, or 0.
        last: Arc<AtomicUsize>,
    }

    /// Listens for as long as it lives, but not for what is ignored: see [`is_ignored`].
    #[derive(Debug)]
    pub(crate) struct Signals {
        interrupt: Option<Stream>,
        terminate: Option<Stream>,
        armed: Armed,
    }

    impl Signals {
        /// Listens from now on. It needs a tokio runtime.
        ///
        /// # Errors
        /// What the operating system says.
        pub(crate) fn listen() -> io::Result<Self> {
            let armed = match ARMED.get() {
                Some(armed) => armed.clone(),
                None => arm(ARMED.get_or_init(Armed::default).clone())?,
            };
            armed.kills.store(false, Ordering::SeqCst);
            let stream = |kind: SignalKind| (!is_ignored(kind.as_raw_value())).then(|| signal(kind)).transpose();
            let (interrupt, terminate) = (stream(SignalKind::interrupt())?, stream(SignalKind::terminate())?);
            Ok(Self { interrupt, terminate, armed })
        }

        /// The next signal.
        pub(crate) async fn next(&mut self) -> Signal {
            let signal = tokio::select! {
                () = heard(self.interrupt.as_mut()) => Signal::Interrupt,
                () = heard(self.terminate.as_mut()) => Signal::Terminate,
            };
            self.armed.last.store(0, Ordering::SeqCst);
            signal
        }

        /// The signal that has come and that nobody was told of, if one has.
        pub(crate) fn missed(&self) -> Option<Signal> {
            match i32::try_from(self.armed.last.swap(0, Ordering::SeqCst)) {
                Ok(SIGINT) => Some(Signal::Interrupt),
                Ok(SIGTERM) => Some(Signal::Terminate),
                _ => None,
            }
        }
    }

    async fn heard(stream: Option<&mut Stream>) {
        let heard = match stream {
            Some(stream) => stream.recv().await,
            None => None,
        };
        if heard.is_none() {
            std::future::pending().await
        }
    }

    /// Whether whoever started this program wants the signal ignored, as a shell does with SIGINT for what it runs in the
    /// background. Then it stays so, for the command that takes this program's place as well. Only Linux tells.
    fn is_ignored(number: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & (1 << (number - 1)) != 0)
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            self.armed.kills.store(true, Ordering::SeqCst);
        }
    }

    /// Requests to read the configuration again: SIGHUP.
    #[derive(Debug)]
    pub(crate) struct Hangups(Stream);

    impl Hangups {
        /// Listens from now on. It needs a tokio runtime.
        ///
        /// # Errors
        /// What the operating system says.
        pub(crate) fn listen() -> io::Result<Self> {
            signal(SignalKind::hangup()).map(Self)
        }

        /// The next one.
        pub(crate) async fn next(&mut self) {
            if self.0.recv().await.is_none() {
                std::future::pending().await
            }
        }
    }

    /// The order counts: a signal kills only when one before has set the flag.
    fn arm(armed: Armed) -> io::Result<Armed> {
        for number in [SIGINT, SIGTERM].into_iter().filter(|number| !is_ignored(*number)) {
            flag::register_conditional_default(number, Arc::clone(&armed.kills))?;
            flag::register(number, Arc::clone(&armed.kills))?;
            flag::register_usize(number, Arc::clone(&armed.last), number.unsigned_abs() as usize)?;
        }
        Ok(armed)
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

    /// There is no flag to see it by.
    pub(crate) fn missed(&self) -> Option<Signal> {
        None
    }
}

/// Other systems have no such signal.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
