//! Why a command ends early: one sentence, what led to it, what to do.

use std::error::Error;
use std::path::Path;

use crate::exit::ExitCode;
use cn_infra_aws::session::SessionError;
use cn_infra_core::environment::Diagnostics;
use cn_infra_core::environment::edit::EditsError;
use cn_infra_core::export::ExportError;
use cn_infra_core::journal::JournalError;
use cn_infra_core::manager::ManageError;
use cn_infra_core::observe::ObserveError;
use cn_infra_core::plan::PlanError;
use cn_infra_core::plan::file::PlanFileError;
use cn_infra_sandbox::seed::SeedError;
use cn_infra_sandbox::{CallError, StateError};

/// The result of a command.
pub type Result<T> = std::result::Result<T, CommandError>;

/// Why a command ends early. The view prints it: `error:`, `caused by:`, a blank line, `hint:`.
#[derive(Debug)]
pub struct CommandError {
    /// How the process ends.
    pub code: ExitCode,
    /// What happened, with what led to it.
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CommandError {
    /// A failure in one sentence.
    pub fn new(message: impl Into<String>) -> Self {
        anyhow::Error::msg(message.into()).into()
    }

    /// A command line that asks for what is not there.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(message).code(ExitCode::Usage)
    }

    /// A file that cannot be read or written.
    pub fn file(verb: &str, path: &Path, source: std::io::Error) -> Self {
        anyhow::Error::new(source).context(format!("cannot {verb} {}", path.display())).into()
    }

    /// The same error, with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same error, with another exit code.
    #[must_use]
    pub fn code(self, code: ExitCode) -> Self {
        Self { code, ..self }
    }
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self { code: ExitCode::Failed, error, hint: None }
    }
}

impl From<Diagnostics> for CommandError {
    fn from(diagnostics: Diagnostics) -> Self {
        anyhow::Error::new(diagnostics).into()
    }
}

impl From<CallError> for CommandError {
    fn from(error: CallError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<SeedError> for CommandError {
    fn from(error: SeedError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        // The sentence has its cause in it.
        let said = anyhow::Error::msg(error.to_string());
        let (error, hint) = match error {
            StateError::OtherAccount { .. } => {
                (said, "`cn-infra sandbox reset` begins anew, for that of the environment files")
            }
            StateError::Corrupt { .. } => (
                said.context("the simulated account cannot be read"),
                "`cn-infra sandbox reset` begins anew in .cn-infra/sandbox; remove another --state directory",
            ),
            StateError::Io { .. } => (
                said.context("the simulated account cannot be kept"),
                "check the disk, and the permissions of the directory",
            ),
        };
        Self::from(error).hint(hint)
    }
}

impl From<EditsError> for CommandError {
    fn from(error: EditsError) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        Self { hint: error.hint(), ..anyhow::Error::new(error).into() }
    }
}

impl From<PlanFileError> for CommandError {
    /// A plan of another format is out of date; all else is a failure.
    fn from(error: PlanFileError) -> Self {
        let code = if matches!(error, PlanFileError::OtherFormat { .. }) { ExitCode::Stale } else { ExitCode::Failed };
        let hint = Some(error.hint().to_owned());
        Self { code, hint, error: anyhow::Error::new(error) }
    }
}

impl From<JournalError> for CommandError {
    fn from(error: JournalError) -> Self {
        let hint = Some(error.hint().to_owned());
        Self { hint, ..anyhow::Error::new(error).into() }
    }
}

impl From<SessionError> for CommandError {
    /// The library knows nothing of a simulated account.
    fn from(error: SessionError) -> Self {
        let rehearse = if matches!(error, SessionError::NoCredentials) { "; --sandbox needs none" } else { "" };
        let hint = Some(error.hint() + rehearse);
        Self { hint, ..anyhow::Error::new(error).into() }
    }
}

impl From<ManageError> for CommandError {
    /// The client's own error below is a chain of its insides, as with a reading.
    fn from(error: ManageError) -> Self {
        let request = error.request_id.as_ref().map_or_else(String::new, |id| format!(" (request {id})"));
        Self { hint: error.hint.clone(), ..anyhow::Error::msg(format!("{error}{request}")).into() }
    }
}

impl From<ObserveError> for CommandError {
    /// The client's own error below is a chain of its insides: the manager's sentence and the request say it all.
    fn from(error: ObserveError) -> Self {
        let hint = error.source.hint.clone();
        let request = error.source.request_id.as_ref().map_or_else(String::new, |id| format!(" (request {id})"));
        let cause = anyhow::Error::msg(format!("{}{request}", error.source));
        Self { hint, ..cause.context(error.to_string()).into() }
    }
}

/// Every cause of an error, outermost first.
pub fn causes(error: &anyhow::Error) -> Vec<String> {
    error.chain().skip(1).map(|cause: &(dyn Error + 'static)| cause.to_string()).collect()
}
