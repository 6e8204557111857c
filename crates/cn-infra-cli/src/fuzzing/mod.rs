//! Targets of fuzzing: whatever the bytes, nothing panics, hangs, or breaks a promise.
//!
//! Each takes the bytes of one input and panics at what should not be. `fuzz/` feeds them what libFuzzer makes up, the
//! tests below the kept corpus and what proptest makes up. Built with tests and by `cargo fuzz` only.
//! `docs/fuzzing.md` has the commands.

mod bundle;
mod edit;
mod environment;
mod live;
mod plan_file;
mod policy;
mod shape;
#[cfg(test)]
mod tests;

pub use edit::edit;
pub use environment::environment;
pub use plan_file::plan_file;
pub use policy::policy;
pub use shape::shape;

/// Panics at what would move a terminal's cursor: files must not command it through what is printed about them.
fn assert_is_plain(printed: &str) {
    let moves = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!printed.contains(moves), "it commands the terminal: {printed:?}");
}
