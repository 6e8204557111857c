//! Bringing a group's rules to what is wanted: at most one Authorize and one Revoke for each direction.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use cn_infra_core::manager::{ErrorClass, ManageError};

use super::SecurityGroup;
use super::calls::{authorize, describe, read, revoke};
use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rules};

/// Brings the rules of every managed direction to what is wanted.
pub(super) async fn set_rules(
    ec2: &Client,
    id: &str,
    desired: &SecurityGroup,
    live: &SecurityGroup,
) -> Result<(), ManageError> {
    let mut there = read(ec2, id).await?;
    for direction in Direction::BOTH {
        let Some(rules) = desired.rules(direction) else { continue };
        if live.rules(direction).is_some_and(|live| !live.is_empty()) && !has_rules(direction, &there) {
            // A group that was just made may show its first rule in one listing and not yet in the other; without its
            // id the rule would stay.
            return Err(ManageError::new(ErrorClass::Busy, format!("the rules of {id} have no ids yet")));
        }
        bring(ec2, id, direction, &wanted(direction, rules)?, &mut there).await?;
    }
    Ok(())
}

/// Removes every rule, so that no group is held by the rule of another.
pub(super) async fn revoke_all(ec2: &Client, id: &str) -> Result<(), ManageError> {
    let nothing = BTreeMap::new();
    let mut there = read(ec2, id).await?;
    for direction in Direction::BOTH {
        bring(ec2, id, direction, &nothing, &mut there).await?;
    }
    Ok(())
}

/// Brings the rules of one direction to what is wanted.
///
/// Authorize and Revoke are all or nothing, so one rule that somebody else added or removed after the reading fails the
/// call: with a new reading the rest is sent.
async fn bring(
    ec2: &Client,
    id: &str,
    direction: Direction,
    wanted: &BTreeMap<AwsRule, Text>,
    there: &mut Vec<There>,
) -> Result<(), ManageError> {
    match send(ec2, id, direction, &Work::of(direction, wanted, there)).await {
        Err(error) if has_moved(&error) => {
            *there = read(ec2, id).await?;
            let again = send(ec2, id, direction, &Work::of(direction, wanted, there)).await;
            again.map_err(still_shown)
        }
        other => other,
    }
}

/// What a wanted rule says of itself.
#[derive(Debug)]
pub(super) struct Text {
    description: String,
    /// The file says it; otherwise it is the rule's name, and what is there stays.
    is_written: bool,
}

/// A rule that is there.
#[derive(Debug)]
pub(super) struct There {
    pub id: String,
    pub direction: Direction,
    /// `None`: a rule that no file can say, which is therefore too much.
    pub rule: Option<AwsRule>,
    pub description: Option<String>,
}

/// What has to be sent for one direction.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Rules to add, with their descriptions.
    pub missing: BTreeMap<AwsRule, String>,
    /// Ids of rules to remove.
    pub extra: Vec<String>,
    /// Ids of rules that stay, with a new description.
    pub described: Vec<(String, String)>,
}

impl Work {
    pub fn of(direction: Direction, wanted: &BTreeMap<AwsRule, Text>, there: &[There]) -> Self {
        let mut missing: BTreeMap<_, _> = wanted.iter().collect();
        let mut work = Self::default();
        for There { id, direction: _, rule, description } in there.iter().filter(|there| there.direction == direction) {
            match rule.as_ref().and_then(|rule| missing.remove(rule)) {
                None => work.extra.push(id.clone()),
                Some(text) if text.is_written && description.as_deref().unwrap_or_default() != text.description => {
                    work.described.push((id.clone(), text.description.clone()));
                }
                Some(_) => {}
            }
        }
        work.missing = missing.into_iter().map(|(rule, text)| (rule.clone(), text.description.clone())).collect();
        work
    }
}

/// The AWS rules of a table. Where two names want the same one, the first decides on its description.
pub(super) fn wanted(direction: Direction, rules: &Rules) -> Result<BTreeMap<AwsRule, Text>, ManageError> {
    let mut wanted = BTreeMap::new();
    for (name, rule) in rules {
        rule.traffic().map_err(|problem| invalid(direction, name, &problem.message))?;
        for aws in rule.asked_for(direction) {
            if let Peer::Network(network) = &aws.peer {
                return Err(invalid(direction, name, &format!("the network {network} was not expanded")));
            }
            let description = rule.description.clone();
            let is_written = description.is_some();
            let text = Text { description: description.unwrap_or_else(|| name.clone()), is_written };
            wanted.entry(aws).or_insert(text);
        }
    }
    Ok(wanted)
}

fn invalid(direction: Direction, name: &str, message: &str) -> ManageError {
    ManageError::new(ErrorClass::Invalid, format!("{} rule {name}: {message}", direction.field()))
}

fn has_rules(direction: Direction, there: &[There]) -> bool {
    there.iter().any(|there| there.direction == direction)
}

/// Whether the group's rules are no longer those that were read.
fn has_moved(error: &ManageError) -> bool {
    matches!(error.code.as_deref(), Some("InvalidPermission.Duplicate" | "InvalidSecurityGroupRuleId.NotFound"))
}

/// What a second reading still shows otherwise than AWS has it: the reading is behind. A rule that is there and does not
/// show yet is waited for like an object just made; one that is gone and still shows would so end a delete as done.
fn still_shown(error: ManageError) -> ManageError {
    match error.code.as_deref() {
        Some("InvalidPermission.Duplicate") => ManageError { class: ErrorClass::Gone, ..error },
        Some("InvalidSecurityGroupRuleId.NotFound") => ManageError { class: ErrorClass::Busy, ..error },
        _ => error,
    }
}

async fn send(ec2: &Client, id: &str, direction: Direction, work: &Work) -> Result<(), ManageError> {
    let Work { missing, extra, described } = work;
    match authorize(ec2, id, direction, missing).await {
        // At the quota there is no room for old and new at once. Revoking first cuts off for a moment whoever both
        // allow, so it is done only where nothing else works.
        Err(error) if is_full(&error) && !extra.is_empty() => {
            revoke(ec2, id, direction, extra).await?;
            authorize(ec2, id, direction, missing).await?;
        }
        other => {
            other?;
            revoke(ec2, id, direction, extra).await?;
        }
    }
    describe(ec2, id, direction, described).await
}

fn is_full(error: &ManageError) -> bool {
    error.code.as_deref() == Some("RulesPerSecurityGroupLimitExceeded")
}
