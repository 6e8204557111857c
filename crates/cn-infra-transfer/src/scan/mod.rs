//! Two sides are compared, key by key, in many ranges at once.
//!
//! Each range is a merge of two listings that go forward page by page; memory is two pages for each range in work,
//! whatever the buckets have. While somebody is free, a range that has more to list is cut.

mod starts;
mod task;

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::Sender;

use crate::failure::Failure;
use crate::list::{Entry, Facts};
use crate::pace::Pace;
pub(crate) use starts::{Start, starts};
pub use task::{Sides, Task};

/// What was found about a key.
#[derive(Clone, Debug)]
pub struct Found<V> {
    /// Of which map.
    pub map: usize,
    /// What was made of it.
    pub verdict: V,
    /// The key on the left, if it is there.
    pub left: Option<Item>,
    /// The key on the right, if it is there.
    pub right: Option<Item>,
}

/// An entry on its own: it does not keep its page, of which there would be as many in memory as there is work.
#[derive(Clone, Debug)]
pub struct Item {
    /// The key without the prefix of its location.
    pub key: Box<str>,
    /// The rest.
    pub facts: Facts,
}

impl Item {
    /// The entry.
    pub fn entry(&self) -> Entry<'_> {
        Entry { key: &self.key, facts: &self.facts }
    }
}

impl From<Entry<'_>> for Item {
    fn from(entry: Entry<'_>) -> Self {
        Self { key: entry.key.into(), facts: entry.facts.clone() }
    }
}

/// Who says what to do about a key.
pub trait Judge {
    /// What there is to do.
    type Verdict;

    /// About a key of a map, which is left, right, or on both sides; `None`: nothing is to be done.
    fn judge(&self, map: usize, left: Option<Entry<'_>>, right: Option<Entry<'_>>) -> Option<Self::Verdict>;
}

/// Scans ranges, up to `parallel` at once, each key once. Ends early, without an error, when nobody receives any more.
/// Dropping the future ends it at once.
///
/// # Errors
/// A listing that fails after every retry; what the starts fail with. The scan is over then.
pub async fn scan<J: Judge>(
    pace: &Pace,
    parallel: usize,
    starts: impl Stream<Item = Result<Task, Failure>>,
    judge: &J,
    out: &Sender<Found<J::Verdict>>,
) -> Result<(), Failure> {
    let mut starts = pin!(starts.fuse());
    let (mut steps, mut waiting) = (FuturesUnordered::new(), VecDeque::new());
    let mut has_starts = true;
    loop {
        while steps.len() < parallel
            && let Some(task) = waiting.pop_front()
        {
            steps.push(Task::step(task, pace, judge, out));
        }
        let has_room = steps.len() < parallel;
        tokio::select! {
            Some(stepped) = steps.next() => {
                let Some(mut task) = stepped? else { continue };
                let room = parallel.saturating_sub(steps.len() + waiting.len() + 1);
                // What begins elsewhere comes first: it needs no guess.
                if !has_starts && room > 0 {
                    waiting.extend(task.cut(room));
                }
                steps.push(task.step(pace, judge, out));
            }
            start = starts.next(), if has_starts && has_room => match start {
                Some(start) => waiting.push_back(start?),
                None => has_starts = false,
            },
            else => return Ok(()),
        }
        if out.is_closed() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
