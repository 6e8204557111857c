//! Questions at the terminal.

use std::io::{BufRead, IsTerminal};

use super::View;
use super::color::Ink;
use crate::interrupts::Interrupts;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `yes`, or what was asked for, and nothing else.
    Yes,
    /// Anything else.
    No,
    /// Ctrl-C, or another request to stop.
    Interrupted,
}

impl View {
    /// Whether somebody is there to be asked.
    pub fn can_ask() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question that only `yes` agrees to.
    pub async fn ask(&self, question: &str) -> Answer {
        self.ask_for(question, "yes").await
    }

    /// Asks a question that only one text agrees to.
    pub async fn ask_for(&self, question: &str, agreement: &str) -> Answer {
        let question = self.stderr_style().paint(Ink::Strong, question);
        let ask = async {
            self.dialog(&format!("\n{question}\nOnly `{agreement}` is accepted: "));
            read_line().await
        };
        // Listened for before the question shows.
        let mut interrupts = Interrupts::listen();
        let answer = tokio::select! {
            biased;
            () = interrupts.next() => Answer::Interrupted,
            line = ask => answer(line.as_deref(), agreement),
        };
        if answer == Answer::Interrupted {
            self.dialog("\n");
        }
        answer
    }
}

/// A line of stdin. A thread reads it, as Ctrl-C must be heard meanwhile; it ends with the process.
async fn read_line() -> Option<String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Nobody listens after Ctrl-C.
        let _ = sender.send(read.ok().map(|_| line));
    });
    receiver.await.ok().flatten()
}

fn answer(line: Option<&str>, agreement: &str) -> Answer {
    if line.is_some_and(|line| line.trim() == agreement) { Answer::Yes } else { Answer::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert_eq!(answer(Some("yes\n"), "yes"), Answer::Yes);
        for line in [Some("y\n"), Some("YES\n"), Some("\n"), Some(""), None] {
            assert_eq!(answer(line, "yes"), Answer::No);
        }
    }
}
