//! Stopping and starting, and the change that needs both.
//!
//! A type can be changed only while the server is stopped. Each call of an update sends what its state allows and asks
//! to be called again. What has to be remembered meanwhile stands in the tag `cn-infra:restart`: that the server has to
//! run again, and which type it had. So whoever plans next, after a kill, finishes the change.

use aws_sdk_ec2::types::{AttributeBooleanValue, AttributeValue};
use cn_infra_core::manager::{Change, ErrorClass, ManageError, Progress, TagChange};
use cn_infra_core::owner::{RESTART, Tags};

use super::{Instance, Instances, State};
use crate::ec2_tags;
use crate::error::failed;

const NO_CAPACITY: &str = "InsufficientInstanceCapacity";

impl Instances {
    /// The part of an update that may stop or start the server; comes last.
    pub(super) async fn change_power(&self, id: &str, change: &Change<'_, Instance>) -> Result<Progress, ManageError> {
        let runs = change.live.live.state == Some(State::Running);
        let former = change.live.tags.get(RESTART).map(String::as_str);
        let shall_run = match change.desired.state {
            Some(state) => state == State::Running,
            None => runs || former.is_some(),
        };
        let needs_stop = change.touches("type") || change.touches("ebs_optimized");
        match (runs, shall_run) {
            (true, true) if needs_stop => {
                self.mark(id, change.live.live.instance_type.as_deref().unwrap_or_default()).await?;
                self.stop(id).await
            }
            (true, false) => self.stop(id).await,
            (true, true) => self.unmark(id, former).await,
            (false, _) => {
                self.change_while_stopped(id, change).await?;
                if !shall_run {
                    return self.unmark(id, former).await;
                }
                self.start(id, former, current_type(change)).await
            }
        }
    }

    /// AWS takes one attribute per call. Not every type can be EBS-optimized, so that is given up before the type
    /// changes and asked for after.
    async fn change_while_stopped(&self, id: &str, change: &Change<'_, Instance>) -> Result<(), ManageError> {
        let optimized = change.desired.ebs_optimized.filter(|_| change.touches("ebs_optimized"));
        if optimized == Some(false) {
            self.set_ebs_optimized(id, false).await?;
        }
        if let Some(wanted) = change.desired.instance_type.as_deref().filter(|_| change.touches("type")) {
            self.set_type(id, wanted).await?;
        }
        if optimized == Some(true) {
            self.set_ebs_optimized(id, true).await?;
        }
        Ok(())
    }

    async fn set_type(&self, id: &str, to: &str) -> Result<(), ManageError> {
        let value = AttributeValue::builder().value(to).build();
        let call = self.ec2.modify_instance_attribute().instance_id(id).instance_type(value);
        call.send().await.map_err(|error| failed("ModifyInstanceAttribute", error))?;
        Ok(())
    }

    async fn set_ebs_optimized(&self, id: &str, to: bool) -> Result<(), ManageError> {
        let value = AttributeBooleanValue::builder().value(to).build();
        let call = self.ec2.modify_instance_attribute().instance_id(id).ebs_optimized(value);
        call.send().await.map_err(|error| failed("ModifyInstanceAttribute", error))?;
        Ok(())
    }

    async fn stop(&self, id: &str) -> Result<Progress, ManageError> {
        let answer = self.ec2.stop_instances().instance_ids(id).send().await;
        answer.map_err(|error| failed("StopInstances", error))?;
        Ok(Progress::Again)
    }

    /// Starts the server. Where there is no capacity for its new type it gets the former one back, and runs again; the
    /// step fails. The tag stays until the server is seen running.
    async fn start(&self, id: &str, former: Option<&str>, current: &str) -> Result<Progress, ManageError> {
        let error = match (self.send_start(id).await, former) {
            (Ok(()), _) => return Ok(Progress::Again),
            (Err(error), Some(former)) if error.code.as_deref() == Some(NO_CAPACITY) && former != current => {
                self.set_type(id, former).await?;
                self.send_start(id).await?;
                let message = format!("AWS has no capacity for {current} now; the server starts again as {former}");
                ManageError { class: ErrorClass::Invalid, message, ..error }
            }
            (Err(error), _) => error,
        };
        Err(error)
    }

    async fn send_start(&self, id: &str) -> Result<(), ManageError> {
        let answer = self.ec2.start_instances().instance_ids(id).send().await;
        answer.map(|_| ()).map_err(|error| failed("StartInstances", error))
    }

    /// Remembers on the instance that it has to run again, and the type it had.
    async fn mark(&self, id: &str, former: &str) -> Result<(), ManageError> {
        let set = Tags::from([(RESTART.to_owned(), former.to_owned())]);
        ec2_tags::apply(&self.ec2, id, &TagChange { set, ..TagChange::default() }).await
    }

    async fn unmark(&self, id: &str, former: Option<&str>) -> Result<Progress, ManageError> {
        let remove = former.map(|_| RESTART.to_owned()).into_iter().collect();
        ec2_tags::apply(&self.ec2, id, &TagChange { remove, ..TagChange::default() }).await?;
        Ok(Progress::Done)
    }
}

/// The type that the server has once the change is sent.
fn current_type<'a>(change: &Change<'a, Instance>) -> &'a str {
    let of = if change.touches("type") { change.desired } else { &change.live.live };
    of.instance_type.as_deref().unwrap_or_default()
}
