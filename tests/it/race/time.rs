//! Virtual time for several processes, of which some may be stopped as by SIGSTOP: then they get no turn, whatever they wait
//! for. Time passes when nobody has anything to do.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cn_infra::core::clock::Clock;
use cn_infra::core::testing::samples::NOW;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

/// The time that all processes share.
#[derive(Clone, Debug, Default)]
pub struct Time(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    now: Duration,
    timers: Vec<(Duration, Waker)>,
}

impl Time {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    /// Since the beginning.
    pub fn now(&self) -> Duration {
        self.shared().now
    }

    /// Completes at a moment.
    pub fn at(&self, moment: Duration) -> impl Future<Output = ()> + Send + use<> {
        let time = self.clone();
        std::future::poll_fn(move |context| {
            let mut shared = time.shared();
            if shared.now >= moment {
                return Poll::Ready(());
            }
            shared.timers.push((moment, context.waker().clone()));
            Poll::Pending
        })
    }

    /// Moves on to the next moment that somebody waits for.
    fn jump(&self) {
        let mut shared = self.shared();
        let next = shared.timers.iter().map(|(moment, _)| *moment).min().expect("nobody waits, and nobody goes on");
        shared.now = shared.now.max(next);
        let now = shared.now;
        for (_, waker) in shared.timers.extract_if(.., |(moment, _)| *moment <= now) {
            waker.wake();
        }
    }
}

/// The clock of a process, wrong by so much.
#[derive(Clone, Debug)]
pub struct ProcessClock {
    pub time: Time,
    pub skew: SignedDuration,
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        NOW + SignedDuration::try_from(self.time.now()).unwrap() + self.skew
    }

    fn elapsed(&self) -> Duration {
        self.time.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.time.at(self.time.now().saturating_add(time)))
    }
}

/// Until when a process is stopped.
pub type Stop = Arc<Mutex<Duration>>;

/// Runs processes until all that can end have ended; one that is stopped for ever has no output.
pub fn run<T>(time: &Time, processes: Vec<(Stop, BoxFuture<'_, T>)>) -> Vec<Option<T>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _context = runtime.enter();
    let mut processes: Vec<_> = processes.into_iter().map(|(stop, future)| Process::new(stop, future)).collect();
    while processes.iter().any(Process::may_end) {
        let turns: Vec<_> = processes.iter_mut().map(|process| process.turn(time)).collect();
        if !turns.contains(&true) {
            time.jump();
        }
    }
    processes.into_iter().map(|process| process.output).collect()
}

struct Process<'a, T> {
    stop: Stop,
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    woken: Arc<Woken>,
    output: Option<T>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<'a, T> Process<'a, T> {
    fn new(stop: Stop, future: BoxFuture<'a, T>) -> Self {
        Self { stop, future, woken: Arc::new(Woken(AtomicBool::new(true))), output: None }
    }

    fn may_end(&self) -> bool {
        self.output.is_none() && *self.stop.lock().unwrap() < Duration::MAX
    }

    /// Whether it did anything.
    fn turn(&mut self, time: &Time) -> bool {
        let stop = *self.stop.lock().unwrap();
        if self.output.is_some() || stop == Duration::MAX {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.woken));
        if stop > time.now() {
            time.shared().timers.push((stop, waker));
            return false;
        }
        if !self.woken.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
        }
        true
    }
}
