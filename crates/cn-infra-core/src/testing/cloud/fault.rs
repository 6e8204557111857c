//! What goes wrong, and with which call.

use crate::manager::ErrorClass;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails and has no effect.
    Refusal(ErrorClass),
    /// It has its effect, but fails all the same.
    Loss(ErrorClass),
    /// It never answers, as if the caller had been killed.
    Death {
        /// After its effect, not before.
        after: bool,
    },
}

/// The trouble to come.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

#[derive(Debug)]
struct Fault {
    beginning: String,
    /// How many such calls are left until it strikes.
    left: usize,
    trouble: Trouble,
}

impl Faults {
    pub fn add(&mut self, beginning: &str, nth: usize, trouble: Trouble) {
        self.0.push(Fault { beginning: beginning.to_owned(), left: nth, trouble });
    }

    /// The trouble that a call meets.
    pub fn meet(&mut self, call: &str) -> Option<Trouble> {
        let mut met = None;
        self.0.retain_mut(|fault| {
            if call.starts_with(&fault.beginning) {
                fault.left = fault.left.saturating_sub(1);
            }
            if fault.left == 0 {
                met = Some(fault.trouble);
            }
            fault.left > 0
        });
        met
    }
}
