//! One run on objects: progress while it goes on, Ctrl-C, and the report at its end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cn_infra_core::apply::Cancellation;
use cn_infra_transfer::pace::Pace;
use cn_infra_transfer::progress::Tally;
use cn_infra_transfer::report::Report;

use super::account::Account;
use crate::arguments::Bulk;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::Interrupts;
use crate::view::transfer::{self, Told};

/// How often progress is drawn at a terminal.
const TICK: Duration = Duration::from_millis(250);

/// What a run is given, and what is shown of it.
pub struct Run<'a> {
    /// How fast it is; fresh, as the report's requests are all that its pace sent.
    pub pace: Arc<Pace>,
    /// What it counts.
    pub tally: Arc<Tally>,
    /// Asks it to end.
    pub stop: Cancellation,
    bulk: &'a Bulk,
    context: &'a Context,
}

impl<'a> Run<'a> {
    /// A run that has not begun.
    pub fn new(account: &Account, bulk: &'a Bulk, context: &'a Context) -> Self {
        let told = Told { json: bulk.json, view: context.view };
        Self {
            pace: account.pace(bulk),
            tally: Arc::new(Tally::new(Arc::new(told))),
            stop: Cancellation::default(),
            bulk,
            context,
        }
    }

    /// Carries work out. The first request to stop begins nothing new, the second drops what is in flight; a run that is
    /// begun again goes on from there.
    pub async fn watch<T>(&self, what: &str, work: impl Future<Output = T>) -> Result<T> {
        let mut interrupts = Interrupts::listen();
        let mut shown = transfer::Shown::new(what, &self.context.view, self.bulk.json);
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    shown.end();
                    return Ok(done);
                }
                () = interrupts.next() => {
                    if self.stop.is_cancelled() {
                        shown.end();
                        let error = CommandError::new("interrupted while requests were in flight");
                        return Err(error.code(ExitCode::Interrupted).hint("run it again: it goes on from there"));
                    }
                    self.stop.cancel();
                    self.context.view.say("\ninterrupted: nothing new begins, what is in flight is finished\n");
                }
                () = tokio::time::sleep(TICK) => shown.draw(&self.tally.snapshot(), &self.pace.speed()),
            }
        }
    }

    /// Prints the report, writes its file, and tells how the command ends.
    pub fn end(&self, report: &Report) -> Result<ExitCode> {
        let view = &self.context.view;
        if self.bulk.json {
            view.data(&format!("{}\n", serde_json::json!({ "event": "ended", "report": report })))?;
        } else {
            view.data(&transfer::report(report, view.stdout_style()))?;
        }
        if let Some(path) = &self.bulk.report {
            report.write(path).map_err(|error| CommandError::from(anyhow::Error::new(error)))?;
        }
        Ok(if self.stop.is_cancelled() && !report.is_success() {
            ExitCode::Interrupted
        } else if report.is_success() {
            ExitCode::Done
        } else {
            ExitCode::Failed
        })
    }
}

/// A location that cannot be read is a wrong command line.
pub fn located<T, E: std::error::Error + Send + Sync + 'static>(location: std::result::Result<T, E>) -> Result<T> {
    location.map_err(|error| CommandError::from(anyhow::Error::new(error)).code(ExitCode::Usage))
}
