//! Everything that is printed. Data goes to stdout, all else to stderr; no other module writes to either.

mod color;
mod difference;
mod error;
mod events;
mod findings;
mod json;
mod layout;
mod line_diff;
mod live;
mod markdown;
mod outputs;
mod plan;
mod progress;
mod prompt;
mod resolved;
mod rule_changes;
mod rules;
mod value;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

pub use color::Style;
pub use prompt::Answer;

use crate::arguments::{Global, When};

/// The two streams, and how each is written to.
#[derive(Debug)]
pub struct View {
    choice: ColorChoice,
    quiet: bool,
}
