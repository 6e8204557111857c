//! How text looks: colours by meaning, and the width that lines are wrapped to.

use std::fmt::Display;

use anstyle::{AnsiColor, Style as Ansi};

/// What a text means, from which its colour follows. The text itself says the same without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// What comes into being.
    Add,
    /// What changes.
    Change,
    /// What goes away.
    Remove,
    /// What is held back, and errors.
    Alarm,
    /// What interrupts, and warnings.
    Warn,
    /// What is named: headings, addresses.
    Strong,
    /// What can be skipped.
    Faint,
    /// Advice.
    Hint,
}

impl Ink {
    const fn ansi(self) -> Ansi {
        match self {
            Self::Add => AnsiColor::Green.on_default(),
            Self::Change | Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Remove => AnsiColor::Red.on_default(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
            Self::Strong => Ansi::new().bold(),
            Self::Faint => Ansi::new().dimmed(),
            Self::Hint => AnsiColor::Cyan.on_default(),
        }
    }
}

/// How a stream is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether it shows colours.
    pub colored: bool,
    /// The columns of a terminal; `None` wraps nothing, so that files and pipes keep whole lines.
    pub width: Option<usize>,
}

impl Style {
    /// Without colour and wrapping.
    #[cfg(test)]
    pub const PLAIN: Self = Self { colored: false, width: None };

    /// A text in its colour.
    pub fn paint(self, ink: Ink, text: impl Display) -> String {
        if self.colored {
            let ansi = ink.ansi();
            format!("{ansi}{text}{ansi:#}")
        } else {
            text.to_string()
        }
    }
}
