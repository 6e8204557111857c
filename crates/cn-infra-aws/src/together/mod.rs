//! Findings about several resources together, which no kind can see by itself.

mod displaced;
mod referer;
mod renamed;
mod shared;
mod stranded;

use cn_infra_core::check::{Finding, Whole};

/// Every finding of this folder.
pub(crate) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    [
        stranded::check(whole),
        displaced::check(whole),
        shared::check(whole),
        referer::check(whole),
        renamed::check(whole),
    ]
    .concat()
}
