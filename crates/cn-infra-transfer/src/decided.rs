//! What decided that objects are the same or different, counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::compare::{Basis, Verdict};

const BASES: [(Basis, &str); 4] =
    [(Basis::Size, "size"), (Basis::Tag, "tag"), (Basis::Time, "time"), (Basis::Presence, "presence")];

/// Counts of verdicts.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    same: [AtomicU64; 4],
    different: [AtomicU64; 4],
}

impl Decided {
    /// One more.
    pub fn count(&self, verdict: Verdict) {
        let (counts, basis) = match verdict {
            Verdict::Same(basis) => (&self.same, basis),
            Verdict::Different(basis) => (&self.different, basis),
        };
        for ((known, _), count) in BASES.iter().zip(counts) {
            if *known == basis {
                count.fetch_add(1, Relaxed);
            }
        }
    }

    /// How many are different.
    pub fn different(&self) -> u64 {
        self.different.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// As a report has them, `same_by_tag`; what there was none of is left out.
    pub fn found(&self) -> BTreeMap<String, u64> {
        let all = [("same", &self.same), ("different", &self.different)].into_iter();
        let named = all.flat_map(|(what, counts)| {
            BASES.iter().zip(counts).map(move |((_, basis), count)| (format!("{what}_by_{basis}"), count.load(Relaxed)))
        });
        named.filter(|(_, count)| *count > 0).collect()
    }
}
