//! Collects what is wrong while an environment is read, and puts it in order.

use std::ops::Range;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::source::{Place, Source};

/// Everything found so far.
#[derive(Default)]
pub(super) struct Report<'a> {
    found: Vec<Found<'a>>,
}

/// One thing found.
pub(super) struct Found<'a> {
    source: &'a Source,
    span: Option<Range<usize>>,
    message: String,
    hint: Option<String>,
}

impl Found<'_> {
    pub fn hint(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
    }

    pub fn maybe_hint(&mut self, hint: Option<String>) {
        self.hint = hint;
    }
}

impl<'a> Report<'a> {
    /// Something is wrong at a place.
    pub fn error(&mut self, place: Place<'a>, message: impl Into<String>) -> &mut Found<'a> {
        self.add(Found { source: place.source, span: Some(place.span()), message: message.into(), hint: None })
    }

    /// Something is wrong with a file as a whole.
    pub fn error_in(&mut self, source: &'a Source, message: impl Into<String>) -> &mut Found<'a> {
        self.add(Found { source, span: None, message: message.into(), hint: None })
    }

    fn add(&mut self, found: Found<'a>) -> &mut Found<'a> {
        let index = self.found.len();
        self.found.push(found);
        &mut self.found[index]
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether so much is wrong that looking for similar names is not worth its time any more.
    pub fn is_long(&self) -> bool {
        self.found.len() >= 200
    }

    /// The diagnostics, by file and position.
    pub fn finish(mut self) -> Diagnostics {
        self.found.sort_by_key(|found| (found.source.order, found.span.as_ref().map(|span| span.start)));
        let mut last: Option<(usize, usize, usize)> = None;
        let mut diagnostics = Vec::with_capacity(self.found.len());
        for Found { source, span, message, hint } in self.found {
            let position = span.map(|span| {
                let before =
                    last.filter(|(order, ..)| *order == source.order).map(|(_, offset, column)| (offset, column));
                let position = source.position(&span, before);
                last = Some((source.order, span.start, position.column));
                position
            });
            diagnostics.push(Diagnostic { file: source.path.clone(), position, message, hint });
        }
        diagnostics.dedup();
        Diagnostics(diagnostics)
    }
}
