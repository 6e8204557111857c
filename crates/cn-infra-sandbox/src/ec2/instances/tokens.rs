//! Client tokens of RunInstances: the same request again starts nothing. They are kept for 24 hours after the
//! termination. <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Ec2;
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;

/// What a token stands for, by the token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// Of the request's parameters.
    pub fingerprint: String,
    /// The reservation that it made.
    pub reservation: String,
    /// The reservation's instances that are not terminated.
    pub living: Vec<String>,
    /// When the last of them was.
    pub ended: Option<Timestamp>,
}

const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The token of a request, and what the request looks like.
#[derive(Debug)]
pub struct Given<'a> {
    /// The token.
    pub token: &'a str,
    fingerprint: String,
}

/// Reads `ClientToken`, of at most 64 characters of ASCII.
pub fn given<'a>(params: &Params<'a>) -> Result<Option<Given<'a>>, AwsError> {
    let Some(token) = params.get("ClientToken").filter(|token| !token.is_empty()) else { return Ok(None) };
    if token.len() > 64 || !token.is_ascii() {
        let message = "The client token must be at most 64 ASCII characters.";
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let request = params.fingerprint(&["Action", "ClientToken", "DryRun", "Version"]);
    Ok(Some(Given { token, fingerprint: ids::hex(&Sha256::digest(request)) }))
}

/// The reservation that the token stands for, if it was used before.
///
/// # Errors
/// `IdempotentParameterMismatch` for another request, `IdempotentInstanceTerminated` after the end of its instances.
pub fn made_before(context: &Context<'_>, given: &Given<'_>) -> Result<Option<String>, AwsError> {
    let Some(known) = context.ec2.launches.get(given.token) else { return Ok(None) };
    if known.fingerprint != given.fingerprint {
        let message =
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
        return Err(AwsError::new("IdempotentParameterMismatch", message));
    }
    if known.ended.is_some() {
        let message = "The instances of this idempotent request have been terminated.";
        return Err(AwsError::new("IdempotentInstanceTerminated", message));
    }
    Ok(Some(known.reservation.clone()))
}

/// Keeps what a token stands for from now on.
pub fn keep(ec2: &mut Ec2, given: &Given<'_>, reservation: &str, instances: Vec<String>) {
    let Given { token, fingerprint } = given;
    let (fingerprint, reservation) = (fingerprint.clone(), reservation.to_owned());
    ec2.launches.insert(*token, Launch { fingerprint, reservation, living: instances, ended: None });
}

/// An instance is terminated.
pub fn ended(ec2: &mut Ec2, instance: &str, at: Timestamp) {
    let Some(token) = ec2.instances.get(instance).and_then(|instance| instance.token.clone()) else { return };
    if let Some(known) = ec2.launches.get_mut(&token) {
        known.living.retain(|id| id != instance);
        known.ended = known.living.is_empty().then_some(at);
    }
}

/// Forgets tokens whose time has passed.
pub fn settle(ec2: &mut Ec2, now: Timestamp) {
    let is_over = |token: &Launch| token.ended.is_some_and(|ended| now.duration_since(ended) >= KEPT);
    for token in ec2.launches.keys_where(is_over) {
        ec2.launches.remove(&token);
    }
}
