//! Changing: each attribute by a call of its own, in a fixed order; what has to stop the server comes last.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, Filter, IamInstanceProfileAssociation, IamInstanceProfileAssociationState,
    IamInstanceProfileSpecification, ShutdownBehavior as Shutdown,
};
use cn_infra_core::manager::{Change, ErrorClass, ManageError, Progress};
use cn_infra_core::value::OrNone;

use super::create::group_ids;
use super::observe::primary_interface;
use super::{Instance, Instances, Metadata, ShutdownBehavior};
use crate::ec2_tags;
use crate::error::failed;

impl Instances {
    pub(super) async fn change(&self, id: &str, change: &Change<'_, Instance>) -> Result<Progress, ManageError> {
        // The tags first: whatever fails later, the object is then known as ours.
        ec2_tags::apply(&self.ec2, id, change.tags).await?;
        self.change_in_place(id, change).await?;
        if self.change_attached(id, change).await? == Progress::Again {
            return Ok(Progress::Again);
        }
        self.change_power(id, change).await
    }

    async fn change_in_place(&self, id: &str, change: &Change<'_, Instance>) -> Result<(), ManageError> {
        let desired = change.desired;
        if let Some(protection) = desired.termination_protection.filter(|_| change.touches("termination_protection")) {
            self.set_termination_protection(id, protection).await?;
        }
        if let Some(behavior) = desired.shutdown_behavior.filter(|_| change.touches("shutdown_behavior")) {
            self.set_shutdown_behavior(id, behavior).await?;
        }
        if let Some(profile) = desired.instance_profile.as_ref().filter(|_| change.touches("instance_profile")) {
            self.set_instance_profile(id, profile).await?;
        }
        if let Some(monitoring) = desired.monitoring.filter(|_| change.touches("monitoring")) {
            self.set_monitoring(id, monitoring).await?;
        }
        if let Some(metadata) = desired.metadata.as_ref().filter(|_| change.touches("metadata")) {
            self.set_metadata(id, metadata, change).await?;
        }
        Ok(())
    }

    /// What hangs on the instance has ids of its own, which a reading tells.
    async fn change_attached(&self, id: &str, change: &Change<'_, Instance>) -> Result<Progress, ManageError> {
        let volumes = change.touches("root_volume") || change.touches("volumes");
        if !volumes && !change.touches("security_groups") {
            return Ok(Progress::Done);
        }
        let instance = self.instance(id).await?;
        if let Some(groups) = change.desired.security_groups.as_deref().filter(|_| change.touches("security_groups")) {
            let interface = primary_interface(&instance).and_then(|interface| interface.network_interface_id());
            let call = self.ec2.modify_network_interface_attribute().set_groups(Some(group_ids(groups)));
            let call = call.set_network_interface_id(interface.map(str::to_owned));
            call.send().await.map_err(|error| failed("ModifyNetworkInterfaceAttribute", error))?;
        }
        if !volumes {
            return Ok(Progress::Done);
        }
        self.set_delete_on_termination(id, &instance, change).await?;
        self.resize_volumes(&instance, change).await
    }

    async fn set_termination_protection(&self, id: &str, to: bool) -> Result<(), ManageError> {
        let value = AttributeBooleanValue::builder().value(to).build();
        let call = self.ec2.modify_instance_attribute().instance_id(id).disable_api_termination(value);
        call.send().await.map_err(|error| failed("ModifyInstanceAttribute", error))?;
        Ok(())
    }

    async fn set_shutdown_behavior(&self, id: &str, to: ShutdownBehavior) -> Result<(), ManageError> {
        let value = AttributeValue::builder().value(Shutdown::from(to).as_str()).build();
        let call = self.ec2.modify_instance_attribute().instance_id(id).instance_initiated_shutdown_behavior(value);
        call.send().await.map_err(|error| failed("ModifyInstanceAttribute", error))?;
        Ok(())
    }

    async fn set_monitoring(&self, id: &str, to: bool) -> Result<(), ManageError> {
        if to {
            let answer = self.ec2.monitor_instances().instance_ids(id).send().await;
            answer.map_err(|error| failed("MonitorInstances", error))?;
        } else {
            let answer = self.ec2.unmonitor_instances().instance_ids(id).send().await;
            answer.map_err(|error| failed("UnmonitorInstances", error))?;
        }
        Ok(())
    }

    async fn set_metadata(
        &self,
        id: &str,
        wanted: &Metadata,
        change: &Change<'_, Instance>,
    ) -> Result<(), ManageError> {
        let Metadata { tokens, hop_limit, endpoint } = wanted.accepted();
        let call = self.ec2.modify_instance_metadata_options().instance_id(id);
        let call = call
            .set_http_tokens(tokens.filter(|_| change.touches("metadata.tokens")).map(Into::into))
            .set_http_put_response_hop_limit(hop_limit.filter(|_| change.touches("metadata.hop_limit")).map(Into::into))
            .set_http_endpoint(endpoint.filter(|_| change.touches("metadata.endpoint")).map(Into::into));
        call.send().await.map_err(|error| failed("ModifyInstanceMetadataOptions", error))?;
        Ok(())
    }

    async fn set_instance_profile(&self, id: &str, wanted: &OrNone<String>) -> Result<(), ManageError> {
        let profile = wanted.some().map(|name| IamInstanceProfileSpecification::builder().name(name).build());
        match (self.profile_association(id).await?, profile) {
            (Some(association), Some(profile)) => {
                let call = self.ec2.replace_iam_instance_profile_association().iam_instance_profile(profile);
                let call = call.association_id(association).send();
                call.await.map_err(|error| failed("ReplaceIamInstanceProfileAssociation", error))?;
            }
            (Some(association), None) => {
                let call = self.ec2.disassociate_iam_instance_profile().association_id(association).send();
                call.await.map_err(|error| failed("DisassociateIamInstanceProfile", error))?;
            }
            (None, Some(profile)) => {
                let call = self.ec2.associate_iam_instance_profile().instance_id(id).iam_instance_profile(profile);
                call.send().await.map_err(|error| failed("AssociateIamInstanceProfile", error))?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// The id of the association that an instance has with its profile.
    async fn profile_association(&self, id: &str) -> Result<Option<String>, ManageError> {
        let of_instance = Filter::builder().name("instance-id").values(id).build();
        let answer = self.ec2.describe_iam_instance_profile_associations().filters(of_instance).send().await;
        let answer = answer.map_err(|error| failed("DescribeIamInstanceProfileAssociations", error))?;
        let stands = |association: &&IamInstanceProfileAssociation| {
            use IamInstanceProfileAssociationState::{Associated, Associating};
            matches!(association.state(), Some(Associated | Associating))
        };
        let association = answer.iam_instance_profile_associations().iter().find(stands);
        Ok(association.and_then(|association| association.association_id()).map(str::to_owned))
    }

    pub(super) async fn terminate(&self, id: &str, live: &Instance) -> Result<Progress, ManageError> {
        let hint = "set `termination_protection = false` and apply that first; deleting it is an apply of its own";
        if live.termination_protection == Some(true) {
            return Err(ManageError::new(ErrorClass::Invalid, format!("{id} is protected from termination")).hint(hint));
        }
        let answer = self.ec2.terminate_instances().instance_ids(id).send().await;
        match answer.map_err(|error| failed("TerminateInstances", error)) {
            Ok(_) => Ok(Progress::Done),
            Err(error) if error.code.as_deref() == Some("OperationNotPermitted") => Err(error.hint(hint)),
            Err(error) => Err(error),
        }
    }
}

impl ShutdownBehavior {
    pub(super) fn of(text: &str) -> Option<Self> {
        match Shutdown::from(text) {
            Shutdown::Stop => Some(Self::Stop),
            Shutdown::Terminate => Some(Self::Terminate),
            _ => None,
        }
    }
}

impl From<ShutdownBehavior> for Shutdown {
    fn from(behavior: ShutdownBehavior) -> Self {
        match behavior {
            ShutdownBehavior::Stop => Self::Stop,
            ShutdownBehavior::Terminate => Self::Terminate,
        }
    }
}
