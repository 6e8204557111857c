//! The choices that the bytes of an input make.

/// Bytes, one a choice. Where they end everything is the first of its alternatives, so that every walk comes to an end.
#[derive(Debug)]
pub struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    /// Of the bytes of an input.
    pub fn new(input: &'a [u8]) -> Self {
        Self(input.iter())
    }

    /// One of so many alternatives, from 0.
    pub fn pick(&mut self, alternatives: usize) -> usize {
        let byte = usize::from(self.0.next().copied().unwrap_or_default());
        // A second byte where one does not reach every alternative.
        let chosen = if alternatives > 256 { byte * 256 + self.pick(256) } else { byte };
        if alternatives == 0 { 0 } else { chosen % alternatives }
    }

    /// One of some things.
    pub fn of<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        things.get(self.pick(things.len()))
    }
}
