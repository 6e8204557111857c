//! One writer at a time: whoever changes an environment holds its lease in S3, or, where the file names no bucket, a lock
//! on a file of this directory.

mod file;
mod holder;

use std::future::Future;
use std::pin::Pin;

use cn_infra_aws::lease::{Claim, Lease, LeaseError, Stored};
use cn_infra_aws::session::Closed;

use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::{Interrupts, nothing_written};
use crate::survey::Survey;
use crate::view::{self, Answer, View};

/// What is done about a lease that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Force {
    /// Take it, after showing whose it is.
    pub unlock: bool,
    /// Do not ask where nobody is there to be asked.
    pub yes: bool,
}

impl Force {
    /// Leaves it to its holder.
    pub const NONE: Self = Self { unlock: false, yes: false };
}

/// What is done alone.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<ExitCode>> + 'a>>;

/// Does work as the only one in each of the environments. The first one's session writes to all of them, as long as it holds
/// every lease; they are taken in the order of their names.
pub async fn alone(surveys: &[Survey], force: Force, context: &Context, work: Work<'_>) -> Result<ExitCode> {
    if let [first, others @ ..] = surveys {
        first.session.fence.heed(others.iter().map(|other| other.session.fence.clone()));
    }
    let mut by_name: Vec<_> = surveys.iter().collect();
    by_name.sort_by_key(|survey| &survey.environment.name);
    nested(&by_name, force, context, work).await
}

fn nested<'a>(surveys: &'a [&Survey], force: Force, context: &'a Context, work: Work<'a>) -> Work<'a> {
    match surveys {
        [] => work,
        [first, rest @ ..] => Box::pin(alone_in(first, force, context, nested(rest, force, context, work))),
    }
}

async fn alone_in(survey: &Survey, force: Force, context: &Context, work: Work<'_>) -> Result<ExitCode> {
    let Some(bucket) = &survey.environment.lock_bucket else {
        let path = context.kept().join(format!("{}.lock", survey.environment.name));
        let _lock = file::lock(&path, &holder::who(), survey.clock.now())?;
        return work.await;
    };
    let mut interrupts = Interrupts::listen();
    let mut lease = take(bucket, survey, force, context).await?;
    // Whoever asked to stop while it was taken is not heard by the work.
    let result = if interrupts.heard().await { Err(nothing_written()) } else { lease.during(work).await };
    let (record, why) = (lease.record().clone(), survey.session.fence.own_why());
    match (lease.release().await, why) {
        (Ok(()), None | Some(Closed::Released | Closed::Taken { .. })) => {}
        (Ok(()), Some(Closed::RanOut | Closed::Abandoned)) => context.view.say(&left(&record, bucket)),
        (Err(error), _) => context.view.say(&format!("{error}\n{}", left(&record, bucket))),
    }
    result
}

/// `The lease in coral-locks was not released: it runs out within 5 min 0 s.`
fn left(record: &cn_infra_aws::lease::Record, bucket: &str) -> String {
    let within = std::time::Duration::from_secs(record.ttl_seconds.saturating_add(record.attempt_seconds));
    format!("The lease in {bucket} was not released: it runs out within {}.\n", view::events::time(within))
}

async fn take(bucket: &str, survey: &Survey, force: Force, context: &Context) -> Result<Lease> {
    let environment = &survey.environment;
    let who = holder::who();
    let claim =
        Claim { bucket, project: &environment.project, environment: &environment.name, who: &who, unlock: None };
    let held = match Lease::take(&survey.session, &claim, survey.clock.clone()).await {
        Ok(lease) => return Ok(lease),
        Err(LeaseError::Held(held)) if force.unlock => held,
        Err(error) => return Err(failed(error, &claim)),
    };
    context.view.say(&format!("{}\n", whose(&held)));
    agree(&held, force, context).await?;
    let claim = Claim { unlock: Some(&held.record.token), ..claim };
    Lease::take(&survey.session, &claim, survey.clock.clone()).await.map_err(|error| failed(error, &claim))
}

/// At a terminal it is asked for even with `--yes`: who wrote that did not know whose lease it would be.
async fn agree(held: &Stored, force: Force, context: &Context) -> Result<()> {
    if force.yes && !View::can_ask() {
        return Ok(());
    }
    let question =
        format!("Take the lease from {}? If its apply still runs, two write until that one notices.", held.record.who);
    match context.view.ask(&question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was applied")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was applied").code(ExitCode::Interrupted)),
    }
}

/// `ana@laptop (process 4711) holds it since 2026-11-30 12:00:00 UTC, and renewed it 12 s ago.`
fn whose(held: &Stored) -> String {
    let record = &held.record;
    format!(
        "{} (process {}) holds it since {}, and renewed it {} ago.",
        record.who,
        record.process,
        record.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
        view::events::time(held.age)
    )
}

fn failed(error: LeaseError, claim: &Claim<'_>) -> CommandError {
    let environment = claim.environment;
    match error {
        LeaseError::Held(held) => {
            let error = CommandError::new(format!("somebody else changes {environment} now: {}", whose(&held)));
            error.hint(format!(
                "wait until that apply ends. If it died, the lease is free in {}; --force-unlock takes it at once",
                view::events::time(held.left())
            ))
        }
        LeaseError::Foreign => {
            let object = format!("s3://{}/{}", claim.bucket, claim.key());
            CommandError::new(format!("{object} is no lease of this tool's")).hint("look at it, and remove it")
        }
        LeaseError::Contended => CommandError::new(format!("others change {environment} now, one after the other"))
            .hint("apply again in a moment"),
        LeaseError::Call(error) => {
            let hint = error.hint.clone().or_else(|| hint(error.code.as_deref(), claim));
            let message = format!("cannot take the lease of {environment} in the bucket {}", claim.bucket);
            let error = CommandError::from(anyhow::Error::msg(error.to_string()).context(message));
            CommandError { hint, ..error }
        }
    }
}

fn hint(code: Option<&str>, claim: &Claim<'_>) -> Option<String> {
    match code {
        Some("NoSuchBucket") => Some(format!(
            "make the bucket {}, in the account and region of the environment, or leave [lock] out: no environment makes it",
            claim.bucket
        )),
        Some("PermanentRedirect") => Some("the bucket must be in the region of the environment".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
