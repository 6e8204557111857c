//! Who changed what a saved plan no longer fits, by CloudTrail's event history. Only with the feature `who`.
//!
//! It is advice, so it is asked for a short while, and whatever keeps it from answering is passed over. The history has
//! writes of 90 days, about 15 minutes late, without any trail being set up:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>.

mod event;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;
use cn_infra_core::address::StepId;
use cn_infra_core::apply::Report;
use cn_infra_core::clock::Clock;
use cn_infra_core::event::Outcome;
use cn_infra_core::plan::{Plan, Step};
use cn_infra_core::resource::Resource;
use jiff::Timestamp;

use crate::Session;
use crate::db_instance::DbInstance;

/// How long all of it may take.
pub const LIMIT: Duration = Duration::from_secs(3);
/// Two look-ups in a second are allowed, to all of an account's region together:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>.
const PAUSE: Duration = Duration::from_millis(500);

/// The last change of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Whose credentials signed the call: an ARN, or a service of AWS.
    pub by: String,
    /// The call, in AWS's words: `AuthorizeSecurityGroupIngress`.
    pub call: String,
    /// When.
    pub at: Timestamp,
}

/// The last change that CloudTrail knows of each object that was found stale, since the plan was made. Takes three seconds
/// at most; what is not answered by then, not permitted or not known is left out.
pub async fn who(plan: &Plan, report: &Report, session: &Session, clock: &dyn Clock) -> BTreeMap<StepId, Changed> {
    let is_stale = |step: &&Step| matches!(report.outcomes.get(&step.id), Some(Outcome::Stale { .. }));
    let mut steps: BTreeMap<&str, Vec<&StepId>> = BTreeMap::new();
    for step in plan.steps.iter().filter(is_stale) {
        if let Some(name) = name(step) {
            steps.entry(name).or_default().push(&step.id);
        }
    }
    let mut found = BTreeMap::new();
    let ask = async {
        for (name, steps) in steps {
            let Some(last) = last_change(name, plan.at, session).await? else { continue };
            found.extend(steps.into_iter().map(|step| (step.clone(), last.clone())));
            clock.sleep(PAUSE).await;
        }
        Ok::<_, Unanswered>(())
    };
    tokio::select! {
        biased;
        answered = ask => if let Err(Unanswered(why)) = answered {
            tracing::debug!(why, "CloudTrail does not say who changed what is stale");
        },
        () = clock.sleep(LIMIT) => {}
    }
    found
}

/// CloudTrail does not answer.
struct Unanswered(String);

/// What CloudTrail calls a step's object: its id, but a database by its identifier.
fn name(step: &Step) -> Option<&str> {
    if step.id.address.kind != DbInstance::KIND {
        return step.object.as_ref().map(|id| id.0.as_str());
    }
    let before = step.differences.iter().find(|difference| difference.path == "name");
    before.and_then(|name| name.before.as_ref()?.as_str()).or(step.object.as_ref().map(|_| step.name.as_str()))
}

async fn last_change(name: &str, since: Timestamp, session: &Session) -> Result<Option<Changed>, Unanswered> {
    let attribute = LookupAttribute::builder().attribute_key(LookupAttributeKey::ResourceName).attribute_value(name);
    let attribute = attribute.build().map_err(|error| Unanswered(error.to_string()))?;
    let call = session.cloudtrail.lookup_events().lookup_attributes(attribute);
    let call = call.start_time(DateTime::from_secs(since.as_second())).customize();
    let once = aws_sdk_cloudtrail::config::Builder::new().retry_config(RetryConfig::disabled());
    let answer = call.config_override(once).send().await;
    let answer = answer.map_err(|error| Unanswered(crate::error::sentence(&error)))?;
    Ok(answer.events().iter().filter_map(event::change).max_by_key(|changed| changed.at))
}
