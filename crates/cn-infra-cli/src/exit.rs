//! How the command ends: the codes that scripts may rely on.

/// The exit code of `cn-infra`. Codes never change their meaning.
///
/// Where several hold, the first of this order wins: interrupted, failed, stale, blocked, pending, done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was done, or there was nothing to do. Unlisted objects and findings alone are this too.
    Done = 0,
    /// Something failed: a file is wrong, a call was refused, a step failed, `check` found an error.
    Failed = 1,
    /// A step is pending; only `plan --detailed-exitcode` says so.
    Pending = 2,
    /// The plan is out of date: its files, account or format differ, or live moved since it was made.
    Stale = 3,
    /// Something is blocked, in `plan` and `apply` alike.
    Blocked = 4,
    /// The command line is wrong; clap's own 2 would read as "changes pending". The code is `EX_USAGE` of sysexits.h.
    Usage = 64,
    /// Ctrl-C, and something was left undone; as shells report it: 128 + SIGINT.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
