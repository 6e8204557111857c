//! A list of keys that are to be there, with their sizes or without.

use std::io::{self, BufRead};
use std::iter;

use crate::list::{Facts, Page};
use crate::location::MAX_KEY;

/// So many keys in a page.
const PAGE: usize = 1_000;

/// A manifest: one key in a line, and after a tab its size in bytes, if it is to be compared. Empty lines do not count.
///
/// It need not be sorted; all of it is in memory, about as large as the file.
#[derive(Debug, Default)]
pub struct Manifest {
    text: String,
    /// Where each key begins, how long it is, and its size.
    lines: Vec<(usize, u16, Option<u64>)>,
}

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read; or it is no UTF-8, which keys are.
    #[error("line {line} of the manifest cannot be read")]
    Unreadable {
        /// The line.
        line: usize,
        /// Why.
        source: io::Error,
    },
    /// What follows the tab is no size.
    #[error("line {line} of the manifest: `{text}` is no size in bytes. A line is a key, or a key, a tab and its size")]
    BadSize {
        /// The line.
        line: usize,
        /// What is there.
        text: String,
    },
    /// No object has such a key.
    #[error("line {line} of the manifest: a key has 1 to {MAX_KEY} bytes, and this one {length}")]
    BadKey {
        /// The line.
        line: usize,
        /// How many bytes it has.
        length: usize,
    },
    /// A key has two sizes.
    #[error("the manifest has `{key}` twice, with different sizes")]
    Contradiction {
        /// The key.
        key: String,
    },
}

impl Manifest {
    /// Reads a manifest: a file, or what comes in.
    ///
    /// # Errors
    /// See [`ManifestError`].
    pub fn read(mut from: impl BufRead) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        for line in 1.. {
            let start = manifest.text.len();
            let read = from.read_line(&mut manifest.text);
            if read.map_err(|source| ManifestError::Unreadable { line, source })? == 0 {
                break;
            }
            let length = manifest.text[start..].trim_end_matches(['\n', '\r']).len();
            manifest.text.truncate(start + length);
            if length > 0 {
                manifest.add(line, start)?;
            }
        }
        manifest.sort()?;
        Ok(manifest)
    }

    fn add(&mut self, line: usize, start: usize) -> Result<(), ManifestError> {
        let text = &self.text[start..];
        let (key, size) = text.split_once('\t').map_or((text, None), |(key, size)| (key, Some(size)));
        let bad_size = |text: &str| ManifestError::BadSize { line, text: text.to_owned() };
        let size = size.map(|text| text.trim().parse().map_err(|_| bad_size(text))).transpose()?;
        let length = u16::try_from(key.len()).ok().filter(|length| (1..=MAX_KEY).contains(&usize::from(*length)));
        self.lines.push((start, length.ok_or(ManifestError::BadKey { line, length: key.len() })?, size));
        Ok(())
    }

    fn sort(&mut self) -> Result<(), ManifestError> {
        let Self { text, lines } = self;
        let key = |line: &(usize, u16, _)| &text[line.0..line.0 + usize::from(line.1)];
        lines.sort_unstable_by(|a, b| key(a).cmp(key(b)).then(a.2.cmp(&b.2)));
        lines.dedup_by(|a, b| a.2 == b.2 && key(a) == key(b));
        match lines.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            Some(pair) => Err(ManifestError::Contradiction { key: key(&pair[0]).to_owned() }),
            None => Ok(()),
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The keys in their order, in pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Page> + '_ {
        let mut chunks = self.lines.chunks(PAGE);
        iter::from_fn(move || {
            let lines = chunks.next()?;
            let mut page = Page::with_capacity(lines.len());
            for (start, length, size) in lines {
                let facts = Facts { size: *size, modified: None, etag: None, class: None };
                page.push(&self.text[*start..start + usize::from(*length)], facts);
            }
            Some(page)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_has_keys_in_any_order_with_sizes_or_without() {
        let manifest = Manifest::read("b c\t12\r\n\nä\na/b,c\t0\nb c\t12".as_bytes()).unwrap();
        let pages: Vec<_> = manifest.pages().collect();
        let keys: Vec<_> = pages.iter().flat_map(Page::iter).map(|entry| (entry.key, entry.facts.size)).collect();
        assert_eq!(keys, [("a/b,c", Some(0)), ("b c", Some(12)), ("ä", None)]);
        let many = (0..2_001).map(|n| format!("{n:04}")).collect::<Vec<_>>().join("\n");
        let pages: Vec<_> = Manifest::read(many.as_bytes()).unwrap().pages().map(|page| page.len()).collect();
        assert_eq!(pages, [1_000, 1_000, 1]);
        assert!(Manifest::read(&b"\n"[..]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_manifest_says_where_and_why() {
        let long = format!("a\n{}\n", "x".repeat(1_025));
        for (text, said) in [
            (&b"a\nb\tc\n"[..], "line 2 of the manifest: `c` is no size"),
            (b"\t5\n", "line 1 of the manifest: a key has 1 to 1024 bytes, and this one 0"),
            (long.as_bytes(), "line 2 of the manifest: a key has 1 to 1024 bytes, and this one 1025"),
            (b"a\n\xff\n", "line 2 of the manifest cannot be read"),
            (b"a\t1\na\t2\n", "`a` twice"),
        ] {
            let error = Manifest::read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
