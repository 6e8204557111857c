//! A range of keys of two sides, merged as they are listed.

use std::cmp::Ordering;
use std::sync::Arc;

use futures_util::future::try_join;
use tokio::sync::mpsc::Sender;

use super::{Found, Item, Judge};
use crate::failure::Failure;
use crate::list::{Cursor, Entry, Listing, cuts};
use crate::pace::Pace;

/// What is listed to compare: each side's bucket, `None` where all that it has is known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// What is wanted.
    pub left: Option<Listing>,
    /// What is there.
    pub right: Option<Listing>,
}

/// A range of keys that is to be scanned.
#[derive(Clone, Debug)]
pub struct Task {
    /// Which map it belongs to: told with what is found.
    pub map: usize,
    /// What is listed.
    pub sides: Arc<Sides>,
    /// Where the left listing is.
    pub left: Cursor,
    /// Where the right listing is.
    pub right: Cursor,
    /// The last key that can be in the range; `None`: there is no end.
    pub until: Option<String>,
}

impl Task {
    /// All keys of two buckets.
    pub fn of_buckets(map: usize, left: Listing, right: Listing) -> Self {
        let sides = Arc::new(Sides { left: Some(left), right: Some(right) });
        Self { map, sides, left: Cursor::after(None), right: Cursor::after(None), until: None }
    }

    /// Lists what is needed to go on, and tells what is found; the task itself if there is more.
    pub async fn step<J: Judge>(
        mut self,
        pace: &Pace,
        judge: &J,
        out: &Sender<Found<J::Verdict>>,
    ) -> Result<Option<Self>, Failure> {
        let until = self.until.as_deref();
        let Sides { left, right } = &*self.sides;
        try_join(
            fetch(left.as_ref(), &mut self.left, pace, until),
            fetch(right.as_ref(), &mut self.right, pace, until),
        )
        .await?;
        while let Some((left, right)) = self.next_pair() {
            let verdict = judge.judge(self.map, peek(&self.left, left), peek(&self.right, right));
            let found = verdict.map(|verdict| {
                let item = |cursor, takes| peek(cursor, takes).map(Item::from);
                Found { map: self.map, verdict, left: item(&self.left, left), right: item(&self.right, right) }
            });
            skip(&mut self.left, left);
            skip(&mut self.right, right);
            if let Some(found) = found
                && out.send(found).await.is_err()
            {
                return Ok(None);
            }
        }
        let is_over = self.left.wants().is_none() && self.right.wants().is_none();
        Ok((!is_over).then_some(self))
    }

    /// Which sides have the next key; `None`: there is none, or a side must be listed further to know.
    fn next_pair(&self) -> Option<(bool, bool)> {
        if self.left.wants().is_some() || self.right.wants().is_some() {
            return None;
        }
        match (self.left.peek(), self.right.peek()) {
            (None, None) => None,
            (Some(_), None) => Some((true, false)),
            (None, Some(_)) => Some((false, true)),
            (Some(left), Some(right)) => Some(match left.key.cmp(right.key) {
                Ordering::Less => (true, false),
                Ordering::Greater => (false, true),
                Ordering::Equal => (true, true),
            }),
        }
    }

    /// Cuts off up to so many ranges for others to scan.
    pub fn cut(&mut self, most: usize) -> Vec<Self> {
        let spans = [self.left.span(), self.right.span()];
        let Some((first, last)) = spans.into_iter().flatten().min_by_key(|(_, last)| *last) else { return Vec::new() };
        let cuts = cuts(first, last, self.until.as_deref());
        cuts.into_iter().rev().take(most).map(|cut| self.split_off(cut)).collect()
    }

    fn split_off(&mut self, cut: String) -> Self {
        let (left, right) = (self.left.split_off(&cut), self.right.split_off(&cut));
        let until = self.until.replace(cut);
        Self { map: self.map, sides: Arc::clone(&self.sides), left, right, until }
    }
}

async fn fetch(
    listing: Option<&Listing>,
    cursor: &mut Cursor,
    pace: &Pace,
    until: Option<&str>,
) -> Result<(), Failure> {
    let (Some(listing), Some(next)) = (listing, cursor.wants()) else { return Ok(()) };
    let (listed, next) = listing.page(pace, next).await?;
    cursor.take(listed, next, until);
    Ok(())
}

fn peek(cursor: &Cursor, takes: bool) -> Option<Entry<'_>> {
    takes.then(|| cursor.peek()).flatten()
}

fn skip(cursor: &mut Cursor, takes: bool) {
    if takes {
        cursor.skip();
    }
}
