//! Where a listing of a range is: what was listed and not yet taken, and how it goes on.

use std::sync::Arc;

use super::page::{Entry, Page};

/// How a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// With the first key after this one; `None`: with the first of all.
    After(Option<String>),
    /// Where S3 stopped: a token of its own, since a page may end between keys, among the markers of deleted ones.
    Token(String),
    /// Not: all is listed.
    End,
}

/// A listing of one side of a range.
#[derive(Clone, Debug)]
pub struct Cursor {
    page: Arc<Page>,
    at: usize,
    /// Entries from here on belong to another range.
    end: usize,
    next: Next,
}

impl Cursor {
    /// Of what is to be listed from after a key on.
    pub fn after(key: Option<String>) -> Self {
        Self::of(Page::default(), Next::After(key))
    }

    /// Of what is known as a whole.
    pub fn whole(page: Page) -> Self {
        Self::of(page, Next::End)
    }

    /// Of nothing.
    pub fn nothing() -> Self {
        Self::whole(Page::default())
    }

    fn of(page: Page, next: Next) -> Self {
        Self { end: page.len(), page: Arc::new(page), at: 0, next }
    }

    /// Takes the next page, of a range that ends with `until`.
    pub fn take(&mut self, page: Page, next: Next, until: Option<&str>) {
        *self = Self::of(page, next);
        let Some(until) = until else { return };
        self.end = self.page.position_after(until, 0);
        let is_beyond = self.page.last().is_some_and(|last| last.key >= until);
        if is_beyond {
            self.next = Next::End;
        }
    }

    /// The next entry, if it is here.
    pub fn peek(&self) -> Option<Entry<'_>> {
        (self.at < self.end).then(|| self.page.get(self.at)).flatten()
    }

    /// Moves on.
    pub fn skip(&mut self) {
        self.at = (self.at + 1).min(self.end);
    }

    /// How it goes on once it is used up; `None`: there is more here, or it is at its end.
    pub fn wants(&self) -> Option<&Next> {
        (self.at >= self.end && self.next != Next::End).then_some(&self.next)
    }

    /// The first and last key of a page that is used up and has a successor.
    pub fn span(&self) -> Option<(&str, &str)> {
        self.wants()?;
        Some((self.page.get(0)?.key, self.page.last()?.key))
    }

    /// Cuts off what comes after a key: what is here already goes with it.
    #[must_use]
    pub fn split_off(&mut self, key: &str) -> Self {
        let reaches = self.next == Next::End || self.page.last().is_some_and(|last| last.key >= key);
        if !reaches {
            return Self::after(Some(key.to_owned()));
        }
        let cut = self.page.position_after(key, self.at).min(self.end);
        let off = Self { page: Arc::clone(&self.page), at: cut, end: self.end, next: self.next.clone() };
        (self.end, self.next) = (cut, Next::End);
        off
    }
}
