//! Being asked to stop: Ctrl-C, SIGTERM from whoever supervises the process, SIGHUP from a terminal that was closed.

use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::error::{CommandError, Result};
use crate::exit::ExitCode;

/// Listens from its making on, so that no request between two waits is lost.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Interrupts {
    /// Listens from now on.
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        // `nohup` asks to ignore it.
        let hangup = (!ignores_hangup()).then(SignalKind::hangup);
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()].into_iter().chain(hangup);
        Self { signals: kinds.filter_map(|kind| signal(kind).ok()).collect() }
    }

    /// Completes at the next request.
    pub async fn next(&mut self) {
        poll_fn(|context| {
            let asked = self.signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if asked { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Interrupts {
    /// Whether there was a request since.
    pub async fn heard(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.next() => true,
            () = std::future::ready(()) => false,
        }
    }
}

/// Does what comes before the first write: a request to stop ends it at once, so that a lease that is held is released.
pub async fn before_writing<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut interrupts = Interrupts::listen();
    tokio::select! {
        biased;
        result = work => result,
        () = interrupts.next() => Err(nothing_written()),
    }
}

/// A request to stop came before the first write.
pub fn nothing_written() -> CommandError {
    CommandError::new("interrupted; nothing was written").code(ExitCode::Interrupted)
}

/// Whether SIGHUP was ignored when the process began: the first bit of the mask that Linux shows; elsewhere it is not known.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
impl Interrupts {
    /// Listens from now on.
    pub fn listen() -> Self {
        Self {}
    }

    /// Completes at the next request.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            poll_fn::<(), _>(|_| Poll::Pending).await;
        }
    }
}
