//! Everything that is printed. Data goes to stdout, all else to stderr; no other module writes to either.

pub mod check;
pub mod environments;
pub mod error;
pub mod events;
pub mod json;
pub mod line_diff;
pub mod live;
pub mod log;
pub mod markdown;
pub mod outputs;
pub mod plan;
pub mod preflight;
pub mod progress;
pub mod reach;
pub mod reach_svg;
pub mod resolved;
pub mod sandbox;
pub mod snapshots;
pub mod undo;
#[cfg(feature = "who")]
pub mod who;

mod color;
mod difference;
mod findings;
mod layout;
mod prompt;
mod rule_changes;
mod rules;
pub mod transfer;
mod value;

#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::{ErrorKind, Write};
use std::time::Duration;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use cn_infra_core::journal::JournalError;

pub use color::Style;
pub use difference::file_difference;
pub use layout::count;
pub use prompt::Answer;

use crate::arguments::{Global, When};
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;

/// The two streams, and how each is written to.
#[derive(Clone, Copy, Debug)]
pub struct View {
    stdout: Style,
    stderr: Style,
    quiet: bool,
}

impl View {
    /// The view that the options ask for.
    pub fn new(global: &Global) -> Self {
        Self {
            stdout: style(&std::io::stdout(), global.color),
            stderr: style(&std::io::stderr(), global.color),
            quiet: global.quiet,
        }
    }

    /// How stdout is written to.
    pub fn stdout_style(&self) -> Style {
        self.stdout
    }

    /// How stderr is written to.
    pub fn stderr_style(&self) -> Style {
        self.stderr
    }

    /// Whether only data and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether stderr can redraw lines.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr.width.is_some()
    }

    /// Data, to stdout. A reader that has enough, as `head`, is no error; a full disk is.
    pub fn data(&self, text: &str) -> Result<()> {
        let mut stdout = AutoStream::new(std::io::stdout().lock(), choice(self.stdout));
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(CommandError::file("write", "stdout".as_ref(), error))
            }
            _ => Ok(()),
        }
    }

    /// What is good to know, to stderr, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.dialog(text);
        }
    }

    /// Why a command ends early, to stderr.
    pub fn fail(&self, error: &CommandError) {
        self.dialog(&error::error(error, self.stderr));
    }

    /// What became of a plan, to stderr, also with `--quiet`: nothing else says what failed.
    pub fn report(&self, text: &str) {
        self.dialog(text);
    }

    /// Says, also with `--quiet`, that a journal cannot be kept; what it is about goes on.
    pub fn warn_unless_kept(&self, kept: std::result::Result<(), JournalError>) {
        if let Err(error) = kept {
            let why = error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
            self.dialog(&format!("{}\n", events::not_journaled(&why, error.hint())));
        }
    }

    /// `19 API calls in 3 waves, 0.21 s.`
    pub fn foot(&self, calls: usize, waves: usize, elapsed: Duration) {
        self.say(&plan::foot(calls, waves, elapsed));
    }

    fn dialog(&self, text: &str) {
        let _ = AutoStream::new(std::io::stderr().lock(), choice(self.stderr)).write_all(text.as_bytes());
    }
}

/// A wrong command line, or help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be said about a stream that cannot be written to.
    let _ = error.print();
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }
}

/// The completions of a shell.
pub fn completions(shell: clap_complete::Shell, command: &mut clap::Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "cn-infra", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn style<S: RawStream>(stream: &S, when: When) -> Style {
    let columns = || terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let colored = match when {
        When::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        When::Always => true,
        When::Never => false,
    };
    Style { colored, width: stream.is_terminal().then(columns) }
}

fn choice(style: Style) -> ColorChoice {
    if style.colored { ColorChoice::Always } else { ColorChoice::Never }
}
