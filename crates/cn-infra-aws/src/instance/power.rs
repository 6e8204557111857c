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
            (false, true) => self.finish_and_start(id, former, change).await,
            (false, false) => {
                self.change_while_stopped(id, change).await?;
                self.unmark(id, former).await
            }
        }
    }

    /// Changes the stopped server and starts it. If AWS refuses either for good, or has no machine of the new type, a
    /// server that was stopped for the change gets its former type back and runs again at once, as its users wait, and
    /// the step fails; the tag stays until it is seen running. One that stood still already can wait for a machine.
    async fn finish_and_start(
        &self,
        id: &str,
        former: Option<&str>,
        change: &Change<'_, Instance>,
    ) -> Result<Progress, ManageError> {
        let sent = match self.change_while_stopped(id, change).await {
            Ok(()) => self.start(id).await,
            Err(error) => Err(error),
        };
        match (sent, former) {
            (Ok(()), _) => Ok(Progress::Again),
            (Err(error), Some(former)) if is_final(&error, former, change) => {
                let outcome = self.start_as(id, former).await;
                // What is taken back is not to be waited out.
                let class = if error.class == ErrorClass::Scarce { ErrorClass::Invalid } else { error.class };
                Err(ManageError { class, message: format!("{error}; {outcome}"), ..error })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Starts the server, with its former type if it can be given that, and says how it went.
    async fn start_as(&self, id: &str, former: &str) -> String {
        // Whoever may not change the type did not change it before either: the server starts all the same.
        let typed = self.set_type(id, former).await;
        match (typed, self.start(id).await) {
            (Ok(()), Ok(())) => format!("the server starts again as {former}"),
            (Err(_), Ok(())) => "the server starts again".to_owned(),
            (_, Err(second)) => format!("the server stays stopped: as {former} it does not start either: {second}"),
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
        match answer.map_err(|error| failed("StopInstances", error)) {
            Ok(_) => Ok(Progress::Again),
            Err(error) if error.code.as_deref() == Some("OperationNotPermitted") => Err(error.hint(format!(
                "it is protected from stopping: `aws ec2 modify-instance-attribute --instance-id {id} --no-disable-api-stop`"
            ))),
            Err(error) => Err(error),
        }
    }

    async fn start(&self, id: &str) -> Result<(), ManageError> {
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

/// Whether a change that stopped the server is to be taken back. For a machine of the type that it always had it waits.
fn is_final(error: &ManageError, former: &str, change: &Change<'_, Instance>) -> bool {
    let wanted = change.desired.instance_type.as_deref().or(change.live.live.instance_type.as_deref());
    match error.class {
        ErrorClass::Invalid | ErrorClass::Denied => true,
        ErrorClass::Scarce => wanted != Some(former),
        _ => false,
    }
}
