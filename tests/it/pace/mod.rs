//! Within AWS's budgets, and beyond them: how fast an apply goes, and what it makes of errors that pass and of those
//! that do not. Figures are in `docs/benchmarks.md`.

mod account;
mod budgets;
mod waits;

/// One of each kind.
const SITE: &str = include_str!("site.toml");

/// The site with a line changed.
fn site(old: &str, new: &str) -> String {
    assert!(SITE.contains(old), "{old}");
    SITE.replace(old, new)
}
