//! An address that is asked again and again while it moves, and what that tells.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use cn_infra_core::clock::{Clock, TokioClock};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Probe;
use crate::view::events::time;

/// From the end of one question to the next.
const PAUSE: Duration = Duration::from_millis(100);
/// How long after the apply an address that answers is asked on: what AWS has accepted may take effect a little later.
const SETTLED: Duration = Duration::from_secs(3);
/// How long after the apply a dark address is waited for.
const AFTERWARDS: Duration = Duration::from_mins(1);

/// An address that is asked, from before the move on.
#[derive(Debug)]
pub struct Watch {
    address: IpAddr,
    probe: Probe,
    answered_before: bool,
    over: watch::Sender<bool>,
    asking: JoinHandle<Line>,
}

impl Watch {
    /// Asks once, at most three seconds long, and from then on beside whatever else is done.
    pub async fn begin(probe: Probe, address: IpAddr) -> Self {
        let (over, ends) = watch::channel(false);
        let clock = TokioClock::new();
        let line = Line::begin(probe.answers(address), &clock).await;
        let (answered_before, asked) = (line.answered_before(), probe.clone());
        let asking = async move { ask_on(|| asked.answers(address), &clock, line, ends).await };
        Self { address, probe, answered_before, over, asking: tokio::spawn(asking) }
    }

    /// What should be known before the move: the address does not answer.
    pub fn remark(&self) -> Option<String> {
        let Self { address, probe, answered_before, .. } = self;
        (!answered_before).then(|| format!("{address} does not answer {probe} before it moves"))
    }

    /// The move is done.
    pub fn over(&self) {
        self.over.send_replace(true);
    }

    /// What came of it, once the address has answered or been waited for long enough after the move.
    pub async fn told(self) -> String {
        let Self { address, probe, asking, .. } = self;
        match asking.await {
            Ok(line) => line.said(address, &probe),
            Err(_) => format!("{address}: the probe broke off"),
        }
    }
}

async fn ask_on<A>(ask: impl Fn() -> A, clock: &impl Clock, mut line: Line, over: watch::Receiver<bool>) -> Line
where
    A: Future<Output = bool>,
{
    let mut since = None;
    loop {
        clock.sleep(PAUSE).await;
        let (is_over, begun) = (*over.borrow(), clock.elapsed());
        let answered = ask().await;
        line.push(begun, clock.elapsed(), answered);
        if is_over {
            let after = clock.elapsed().saturating_sub(*since.get_or_insert(begun));
            if after >= if line.is_dark() { AFTERWARDS } else { SETTLED } {
                return line;
            }
        }
    }
}

/// When an address answered.
#[derive(Debug, Default)]
struct Line {
    begun: Duration,
    asked: usize,
    answered: usize,
    /// When the first question was asked that was answered, from the beginning on.
    first: Option<Duration>,
    /// When the last question was asked that was answered.
    last: Option<Duration>,
    dark_since: Option<Duration>,
    dark: Duration,
    ended: Duration,
}

impl Line {
    /// The first question.
    async fn begin(answer: impl Future<Output = bool>, clock: &impl Clock) -> Self {
        let begun = clock.elapsed();
        let mut line = Self { begun, ..Self::default() };
        let answered = answer.await;
        line.push(begun, clock.elapsed(), answered);
        line
    }

    /// Dark counts from the question that was answered last to the next answer: it may have been less.
    fn push(&mut self, begun: Duration, ended: Duration, answered: bool) {
        self.asked += 1;
        self.ended = ended;
        if answered {
            self.answered += 1;
            self.dark += self.dark_since.take().map_or(Duration::ZERO, |since| ended.saturating_sub(since));
            self.first.get_or_insert(begun.saturating_sub(self.begun));
            self.last = Some(begun);
        } else if self.dark_since.is_none() {
            self.dark_since = self.last;
        }
    }

    fn answered_before(&self) -> bool {
        self.first == Some(Duration::ZERO)
    }

    /// Whether it answered once, and does not now.
    fn is_dark(&self) -> bool {
        self.dark_since.is_some()
    }

    fn said(&self, address: IpAddr, probe: &Probe) -> String {
        let Self { asked, answered, .. } = self;
        let Some(first) = self.first else {
            return format!(
                "{address} answered {probe} neither before the move nor after it ({asked} probes): how long it was dark is not known"
            );
        };
        if let Some(since) = self.dark_since {
            let (dark, limit) = (time(self.ended.saturating_sub(since)), AFTERWARDS.as_secs());
            return format!("{address} has not answered {probe} for {dark}, and not within {limit} s after the apply");
        }
        if !self.answered_before() {
            let after = time(first);
            return format!(
                "{address} did not answer {probe} before the move, and does since {after} after the first probe"
            );
        }
        if self.dark.is_zero() {
            return format!("{address} was never dark: every one of {answered} probes was answered");
        }
        format!("{address} was dark for {} at most ({answered} of {asked} probes answered)", time(self.dark))
    }
}

#[cfg(test)]
mod tests {
    use cn_infra_core::testing::clock::VirtualClock;

    use super::*;

    const APPLY: u64 = 5_020;

    /// What is told of an address that is dark at some times, in milliseconds, beside an apply of five seconds that begins
    /// once the first question is over.
    /// A question takes 50 ms where it is answered, and 900 ms where not.
    async fn told(dark: &[(u64, u64)]) -> (String, Duration) {
        let clock = VirtualClock::default();
        let ask = || async {
            let now = clock.elapsed();
            let is_dark = dark.iter().any(|(from, to)| (*from..*to).contains(&u64::try_from(now.as_millis()).unwrap()));
            clock.sleep(Duration::from_millis(if is_dark { 900 } else { 50 })).await;
            !is_dark
        };
        let line = Line::begin(ask(), &clock).await;
        let (over, ends) = watch::channel(false);
        let apply = async {
            clock.sleep(Duration::from_millis(APPLY)).await;
            over.send_replace(true);
        };
        let (line, ()) = tokio::join!(ask_on(ask, &clock, line, ends), apply);
        (line.said(IpAddr::from([203, 0, 113, 9]), &Probe::Tcp(443)), clock.elapsed())
    }

    #[tokio::test]
    async fn dark_is_from_one_answer_to_the_next() {
        let (said, ended) = told(&[]).await;
        assert_eq!(said, "203.0.113.9 was never dark: every one of 55 probes was answered");
        assert!(ended < Duration::from_secs(9), "{ended:?}");
        // Asked at 1.95 s and answered; at 2.1 s, 3.1 s, 4.1 s and not; at 5.1 s and answered at 5.15 s.
        assert_eq!(
            told(&[(2_000, 5_000)]).await.0,
            "203.0.113.9 was dark for 3.2 s at most (35 of 38 probes answered)"
        );
        let twice = told(&[(1_000, 1_500), (3_000, 3_500)]).await.0;
        assert_eq!(twice, "203.0.113.9 was dark for 2.4 s at most (42 of 44 probes answered)");
    }

    #[tokio::test]
    async fn what_takes_effect_after_the_apply_is_seen() {
        let (said, ended) = told(&[(6_000, 20_000)]).await;
        assert!(said.starts_with("203.0.113.9 was dark for 14 s at most ("), "{said}");
        assert!(ended > Duration::from_secs(20) && ended < Duration::from_secs(22), "{ended:?}");
    }

    #[tokio::test]
    async fn an_address_that_stays_dark_is_waited_for_a_minute() {
        let (said, ended) = told(&[(4_000, 1_000_000)]).await;
        assert_eq!(said, "203.0.113.9 has not answered tcp:443 for 1 min 3 s, and not within 60 s after the apply");
        assert!(ended > Duration::from_mins(1) && ended < Duration::from_secs(68), "{ended:?}");
    }

    #[tokio::test]
    async fn what_did_not_answer_before_is_said() {
        let (said, ended) = told(&[(0, 1_000_000)]).await;
        assert_eq!(
            said,
            "203.0.113.9 answered tcp:443 neither before the move nor after it (10 probes): how long it was dark is not known"
        );
        assert!(ended < Duration::from_secs(10), "nobody is waited for: {ended:?}");
        let said = told(&[(0, 2_500)]).await.0;
        assert_eq!(
            said,
            "203.0.113.9 did not answer tcp:443 before the move, and does since 3.0 s after the first probe"
        );
    }
}
