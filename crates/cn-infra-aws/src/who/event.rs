//! One event of CloudTrail. What the answer's own members leave out is in the record, which is a text of JSON:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

use aws_sdk_cloudtrail::types::Event;
use jiff::Timestamp;
use serde::Deserialize;

use super::Changed;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Record {
    error_code: Option<String>,
    user_identity: Identity,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    arn: Option<String>,
    invoked_by: Option<String>,
}

/// The change that an event tells of; none, where it only read, or was refused.
pub(super) fn change(event: &Event) -> Option<Changed> {
    let record: Record = event.cloud_trail_event().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if event.read_only() == Some("true") || record.error_code.is_some() {
        return None;
    }
    let Identity { arn, invoked_by } = record.user_identity;
    let by = arn.or(event.username().map(str::to_owned)).or(invoked_by)?;
    let at = Timestamp::from_second(event.event_time()?.secs()).ok()?;
    Some(Changed { by, call: event.event_name()?.to_owned(), at })
}
