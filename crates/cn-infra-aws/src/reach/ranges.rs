//! Sets of numbers as ranges: addresses and ports are both.

/// A set of numbers: ranges in order, both ends included, none touching another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u128, u128)>);

impl Ranges {
    /// One range.
    pub fn of(first: u128, last: u128) -> Self {
        Self(vec![(first, last)])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (u128, u128)> {
        self.0.iter().copied()
    }

    /// How many numbers; one less where all are in it.
    pub fn count(&self) -> u128 {
        self.iter().fold(0, |count: u128, (first, last)| count.saturating_add((last - first).saturating_add(1)))
    }

    pub fn contains(&self, number: u128) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// What is in either.
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        let mut joined: Vec<(u128, u128)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match joined.last_mut() {
                // The next range touches or overlaps; nothing comes after the highest number.
                Some((_, end)) if end.checked_add(1).is_none_or(|after| first <= after) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }

    /// What is in this one and not in the other.
    pub fn without(&self, other: &Self) -> Self {
        let mut left = self.0.clone();
        for (first, last) in other.iter() {
            left = left.into_iter().flat_map(|range| cut(range, first, last)).collect();
        }
        Self(left)
    }

    /// What is in both.
    pub fn common(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }
}

/// What is left of a range before and after another.
fn cut((start, end): (u128, u128), first: u128, last: u128) -> impl Iterator<Item = (u128, u128)> {
    let before = first.checked_sub(1).map(|before| (start, end.min(before)));
    let after = last.checked_add(1).map(|after| (start.max(after), end));
    let apart = last < start || end < first;
    let pieces = if apart { [Some((start, end)), None] } else { [before, after] };
    pieces.into_iter().flatten().filter(|(start, end)| start <= end)
}
