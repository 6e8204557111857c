//! The walk through sorted keys that all lists are: from a marker on, with those under a common prefix as one.

use std::ops::Bound;

/// Which keys are listed, and how they are grouped.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Keys begin with it.
    pub prefix: &'a str,
    /// Keys that are alike up to the first of these after the prefix are one entry; empty: none are.
    pub delimiter: &'a str,
}

impl Scope<'_> {
    /// The common prefix that stands for a key, if one does.
    pub fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let rest = key.get(self.prefix.len()..)?;
        let end = rest.find(self.delimiter).filter(|_| !self.delimiter.is_empty())?;
        key.get(..self.prefix.len() + end + self.delimiter.len())
    }
}

/// Where a walk goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// At this key, itself included.
    At(String),
    /// After this key.
    After(String),
    /// Nowhere: no key can follow.
    Nowhere,
}

impl From {
    /// The start of a page: after `marker`, which can be an entry of the page before, a key or a common prefix; with `inclusive`
    /// a key is listed again, for versions of it that are left.
    pub fn marker(scope: &Scope<'_>, marker: Option<&str>, inclusive: bool) -> Self {
        match marker {
            Some(marker) if marker >= scope.prefix => match scope.common(marker) {
                Some(common) if common == marker && marker.starts_with(scope.prefix) => Self::past(marker),
                _ if inclusive => Self::At(marker.to_owned()),
                _ => Self::After(marker.to_owned()),
            },
            _ => Self::At(scope.prefix.to_owned()),
        }
    }

    /// The first place after all keys that begin with `prefix`.
    pub fn past(prefix: &str) -> Self {
        let mut text = prefix.to_owned();
        while let Some(last) = text.pop() {
            // The next character in the order of bytes; there is none between U+D7FF and U+E000.
            let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
            if let Some(next) = next {
                text.push(next);
                return Self::At(text);
            }
        }
        Self::Nowhere
    }

    /// As a bound of a range; `None`: nothing is in it.
    fn bound(&self) -> Option<Bound<&str>> {
        match self {
            Self::At(key) => Some(Bound::Included(key)),
            Self::After(key) => Some(Bound::Excluded(key)),
            Self::Nowhere => None,
        }
    }
}

/// An entry of a list.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<'a, T> {
    /// A key, and what is there.
    Key(&'a str, T),
    /// A common prefix.
    Prefix(&'a str),
}

/// Walks through sorted keys, and skips all under a common prefix at once.
pub struct Walk<'a, 's, T, R> {
    scope: Scope<'s>,
    /// All keys from a bound on.
    range: R,
    next: Box<dyn Iterator<Item = (&'a str, T)> + 'a>,
}

impl<'a, 's, T, R> Walk<'a, 's, T, R>
where
    R: Fn(Bound<&str>) -> Box<dyn Iterator<Item = (&'a str, T)> + 'a>,
    T: 'a,
{
    /// Begins at a place.
    pub fn new(scope: Scope<'s>, from: &From, range: R) -> Self {
        let mut walk = Self { scope, range, next: Box::new(std::iter::empty()) };
        walk.go(from);
        walk
    }

    fn go(&mut self, from: &From) {
        self.next = match from.bound() {
            Some(bound) => (self.range)(bound),
            None => Box::new(std::iter::empty()),
        };
    }
}

impl<'a, T, R> Iterator for Walk<'a, '_, T, R>
where
    R: Fn(Bound<&str>) -> Box<dyn Iterator<Item = (&'a str, T)> + 'a>,
    T: 'a,
{
    type Item = Entry<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.next.next()?;
        if !key.starts_with(self.scope.prefix) {
            self.go(&From::Nowhere);
            return None;
        }
        match self.scope.common(key) {
            None => Some(Entry::Key(key, value)),
            Some(common) => {
                self.go(&From::past(common));
                Some(Entry::Prefix(common))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn walk(keys: &[&'static str], prefix: &str, delimiter: &str, marker: Option<&str>) -> Vec<String> {
        let keys: BTreeSet<&str> = keys.iter().copied().collect();
        let scope = Scope { prefix, delimiter };
        let from = From::marker(&scope, marker, false);
        let range = |bound: Bound<&str>| -> Box<dyn Iterator<Item = (&'static str, ())>> {
            let found: Vec<_> = keys.range::<str, _>((bound, Bound::Unbounded)).map(|key| (*key, ())).collect();
            Box::new(found.into_iter())
        };
        let entries = Walk::new(scope, &from, range).map(|entry| match entry {
            Entry::Key(key, ()) => key.to_owned(),
            Entry::Prefix(prefix) => format!("{prefix}…"),
        });
        entries.collect()
    }

    #[test]
    fn common_prefixes_stand_for_their_keys() {
        let keys = ["a", "a/", "a/b/c", "a/b/d", "a/e", "a0", "b/\u{10ffff}", "b/\u{10ffff}x", "c", "é/x"];
        assert_eq!(walk(&keys, "", "/", None), ["a", "a/…", "a0", "b/…", "c", "é/…"]);
        assert_eq!(walk(&keys, "a/", "/", None), ["a/", "a/b/…", "a/e"]);
        assert_eq!(walk(&keys, "", "/", Some("a/")), ["a0", "b/…", "c", "é/…"]);
        assert_eq!(walk(&keys, "", "/", Some("a/b/c")), ["a/…", "a0", "b/…", "c", "é/…"]);
        assert_eq!(walk(&keys, "b", "\u{10ffff}", None), ["b/\u{10ffff}…"]);
        assert_eq!(walk(&keys, "", "", Some("c")), ["é/x"]);
        assert_eq!(walk(&keys, "c", "", Some("d")), Vec::<String>::new());
        assert_eq!(walk(&keys, "c", "", Some("a")), ["c"]);
    }

    #[test]
    fn the_place_after_a_prefix_is_a_key() {
        assert_eq!(From::past("a/"), From::At("a0".to_owned()));
        assert_eq!(From::past("a\u{d7ff}"), From::At("a\u{e000}".to_owned()));
        assert_eq!(From::past("a\u{10ffff}\u{10ffff}"), From::At("b".to_owned()));
        assert_eq!(From::past("\u{10ffff}"), From::Nowhere);
    }
}
