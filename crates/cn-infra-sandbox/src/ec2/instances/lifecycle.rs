//! Starting, stopping, rebooting, terminating.

use jiff::Timestamp;

use super::super::volumes::Attachment;
use super::super::{done, interfaces};
use super::view::write_state;
use super::{Instance, Passing, Reason, State, describe, launch};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// How long an instance is pending, in seconds.
pub const STARTING: i64 = 15;
/// How long it is stopping, in seconds; forced, half of it.
const STOPPING: i64 = 30;
/// How long it is shutting down, in seconds.
const ENDING: i64 = 30;

/// An instance that a request names, and the state that it was in.
type Named = (String, State);

/// The instances that a request names, each once. One unknown id spoils the request.
fn named(context: &Context<'_>, params: &Params<'_>) -> Result<Vec<Named>, AwsError> {
    let instances = describe::named(context, &params.list("InstanceId"))?;
    Ok(instances.into_iter().map(|instance| (instance.id.clone(), instance.state.at(context.now))).collect())
}

fn incorrect_state(id: &str, done: &str) -> AwsError {
    let message = format!("The instance '{id}' is not in a state from which it can be {done}.");
    AwsError::new("IncorrectInstanceState", message)
}

/// What was, and what is now.
fn answer(context: &Context<'_>, named: &[Named]) -> Xml {
    let mut xml = Xml::new();
    xml.items("instancesSet", named, |xml, (id, former)| {
        let current = context.ec2.instances.get(id).map_or(*former, |instance| instance.state.at(context.now));
        xml.text("instanceId", id);
        write_state(xml, "currentState", current);
        write_state(xml, "previousState", *former);
    });
    xml
}

/// Starts what is stopped; what runs or starts already stays as it is.
pub fn start(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (named, now) = (named(context, params)?, context.now);
    for (id, state) in &named {
        match state {
            State::Pending | State::Running => continue,
            State::Stopped => {}
            State::Stopping | State::ShuttingDown | State::Terminated => return Err(incorrect_state(id, "started")),
        }
        check_root(context, id)?;
        if let Some(instance) = context.ec2.instances.get_mut(id) {
            instance.state = Passing::new(State::Pending, State::Running, now, STARTING);
            instance.launched = now;
            instance.reason = None;
            instance.metadata.apply(now);
        }
        interfaces::started(context, id);
    }
    if named.iter().any(|(_, state)| *state == State::Stopped) {
        launch::check_vcpus(context)?;
    }
    Ok(answer(context, &named))
}

/// An instance starts from its root volume, which can have been taken off meanwhile.
fn check_root(context: &Context<'_>, id: &str) -> Result<(), AwsError> {
    let Some(instance) = context.ec2.instances.get(id) else { return Ok(()) };
    let is_root = |attachment: &Attachment| attachment.instance == id && attachment.device == instance.root_device;
    if context.ec2.volumes.values().any(|volume| volume.attached(context.now).is_some_and(is_root)) {
        return Ok(());
    }
    let message = format!(
        "Invalid value '{id}' for instanceId. Instance does not have a volume attached at root ({})",
        instance.root_device
    );
    Err(AwsError::new("InvalidParameterValue", message))
}

/// Stops what runs; what is stopped or stopping stays as it is.
pub fn stop(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (named, now) = (named(context, params)?, context.now);
    let forced = params.flag("Force")?.unwrap_or_default() || params.flag("SkipOsShutdown")?.unwrap_or_default();
    let hibernates = params.flag("Hibernate")?.unwrap_or_default();
    for (id, state) in &named {
        match state {
            State::Stopping | State::Stopped => continue,
            State::Running => {}
            State::Pending | State::ShuttingDown | State::Terminated => return Err(incorrect_state(id, "stopped")),
        }
        let Some(instance) = context.ec2.instances.get_mut(id) else { continue };
        check_stop(instance, hibernates)?;
        let seconds = if forced { STOPPING / 2 } else { STOPPING };
        instance.state = Passing::new(State::Stopping, State::Stopped, now, seconds);
        instance.reason = Some(if hibernates {
            reason("Client.UserInitiatedHibernate", "User initiated hibernate", now)
        } else {
            shutdown(now)
        });
        interfaces::stopped(context, id);
    }
    Ok(answer(context, &named))
}

fn check_stop(instance: &Instance, hibernates: bool) -> Result<(), AwsError> {
    let id = &instance.id;
    if instance.stop_protection {
        return Err(protected(id, "stopped", "disableApiStop"));
    }
    if hibernates && !instance.hibernation {
        let message = format!("The instance '{id}' is not enabled for hibernation.");
        return Err(AwsError::new("UnsupportedHibernationConfiguration", message));
    }
    Ok(())
}

fn protected(id: &str, done: &str, by: &str) -> AwsError {
    let message = format!("The instance '{id}' may not be {done}. Modify its '{by}' instance attribute and try again.");
    AwsError::new("OperationNotPermitted", message)
}

fn reason(code: &str, message: &str, at: Timestamp) -> Reason {
    Reason { code: code.to_owned(), message: format!("{code}: {message}"), at }
}

fn shutdown(now: Timestamp) -> Reason {
    reason("Client.UserInitiatedShutdown", "User initiated shutdown", now)
}

/// A reboot keeps state and addresses.
pub fn reboot(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    match named(context, params)?.iter().find(|(_, state)| *state != State::Running) {
        Some((id, _)) => Err(incorrect_state(id, "rebooted")),
        None => Ok(done()),
    }
}

/// What protects from being stopped protects from being terminated too.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html>
fn check_termination(instance: &Instance) -> Result<(), AwsError> {
    let switches =
        [(instance.termination_protection, "disableApiTermination"), (instance.stop_protection, "disableApiStop")];
    match switches.into_iter().find(|(is_on, _)| *is_on) {
        Some((_, switch)) => Err(protected(&instance.id, "terminated", switch)),
        None => Ok(()),
    }
}

/// Terminates all, or none where one is protected. (AWS spares those in the zone of a protected one and terminates
/// those of other zones, in a call that fails; here a failed call has done nothing.)
pub fn terminate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (named, now) = (named(context, params)?, context.now);
    params.flag("Force")?;
    params.flag("SkipOsShutdown")?;
    for (id, state) in &named {
        let Some(instance) = context.ec2.instances.get_mut(id).filter(|_| !state.is_ending()) else { continue };
        check_termination(instance)?;
        instance.reason = Some(shutdown(now));
        // There is nothing to shut down in a stopped one.
        instance.state = match state {
            State::Stopped => Passing::new(State::Terminated, State::Terminated, now, 0),
            _ => Passing::new(State::ShuttingDown, State::Terminated, now, ENDING),
        };
    }
    super::settle(context.ec2, now);
    Ok(answer(context, &named))
}
