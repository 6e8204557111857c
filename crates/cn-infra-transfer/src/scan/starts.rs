//! Where the scan of each map begins: of a bucket at its first key; of a directory at each page of its files, which
//! divides the keys of the destination too.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::mpsc::Receiver;

use super::{Sides, Task};
use crate::failure::Failure;
use crate::list::{Cursor, Listing, Page};
use crate::local::{Files, Odd, WalkOptions, walk};
use crate::location::MAX_KEY;

/// What has no listing of its own: pages that come in the order of keys.
pub(crate) enum Start<'a> {
    /// Two buckets.
    Buckets(&'a Listing, &'a Listing),
    /// A directory beside a bucket.
    Directory(&'a Path, &'a Listing),
    /// Pages that are known, beside a bucket.
    Pages(Box<dyn Iterator<Item = Page> + 'a>, &'a Listing),
}

/// Begins each map in turn. What is odd in a directory is told.
pub(crate) fn starts<'a>(
    maps: impl IntoIterator<Item = Start<'a>>,
    follow_links: bool,
    odd: impl Fn(usize, Odd) + 'a,
) -> impl Stream<Item = Result<Task, Failure>> + 'a {
    let maps = maps.into_iter().enumerate().collect();
    stream::unfold(Starts { maps, follow_links, odd, open: None }, |mut starts| async {
        starts.next().await.map(|start| (start, starts))
    })
}

struct Starts<'a, F> {
    maps: VecDeque<(usize, Start<'a>)>,
    follow_links: bool,
    odd: F,
    open: Option<Open<'a>>,
}

/// A map whose pages come one after the other.
struct Open<'a> {
    map: usize,
    pages: Pages<'a>,
    sides: Arc<Sides>,
    /// The last key so far.
    after: Option<String>,
}

enum Pages<'a> {
    Walked(Receiver<Files>),
    Known(Box<dyn Iterator<Item = Page> + 'a>),
}

impl<'a, F: Fn(usize, Odd)> Starts<'a, F> {
    async fn next(&mut self) -> Option<Result<Task, Failure>> {
        loop {
            if let Some(open) = &mut self.open {
                let files = open.pages.next().await;
                let Some(Files { page, odd }) = files else { return Some(Ok(self.open.take()?.end())) };
                for odd in odd {
                    (self.odd)(open.map, odd);
                }
                if let Some(task) = open.task(page) {
                    return Some(Ok(task));
                }
                continue;
            }
            let (map, start) = self.maps.pop_front()?;
            match self.begin(map, start) {
                Ok(Some(task)) => return Some(Ok(task)),
                Ok(None) => {}
                Err(failure) => return Some(Err(failure)),
            }
        }
    }

    /// Begins a map: with its only task, or by opening it.
    fn begin(&mut self, map: usize, start: Start<'a>) -> Result<Option<Task>, Failure> {
        let (pages, to) = match start {
            Start::Buckets(from, to) => return Ok(Some(Task::of_buckets(map, from.clone(), to.clone()))),
            Start::Directory(root, to) => {
                let longest = MAX_KEY.saturating_sub(to.prefix.len());
                let options = WalkOptions { follow_links: self.follow_links, longest };
                (Pages::Walked(walk(root, options)?), to)
            }
            Start::Pages(pages, to) => (Pages::Known(pages), to),
        };
        let sides = Arc::new(Sides { left: None, right: Some(to.clone()) });
        self.open = Some(Open { map, pages, sides, after: None });
        Ok(None)
    }
}

impl Pages<'_> {
    async fn next(&mut self) -> Option<Files> {
        match self {
            Self::Walked(pages) => pages.recv().await,
            Self::Known(pages) => pages.next().map(|page| Files { page, odd: Vec::new() }),
        }
    }
}

impl Open<'_> {
    /// The range that ends with a page.
    fn task(&mut self, page: Page) -> Option<Task> {
        let until = page.last()?.key.to_owned();
        let after = self.after.replace(until.clone());
        Some(self.range(Cursor::whole(page), after, Some(until)))
    }

    /// The range after the last page.
    fn end(mut self) -> Task {
        let after = self.after.take();
        self.range(Cursor::nothing(), after, None)
    }

    fn range(&self, left: Cursor, after: Option<String>, until: Option<String>) -> Task {
        Task { map: self.map, sides: Arc::clone(&self.sides), left, right: Cursor::after(after), until }
    }
}
