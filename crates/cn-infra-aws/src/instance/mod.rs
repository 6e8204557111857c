//! EC2 instances: servers.
//!
//! A change of [`type`](Instance::instance_type) or [`ebs_optimized`](Instance::ebs_optimized) stops the server and
//! starts it again; see `power.rs`. What AWS asks of such a change:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-resize.html>.

mod change;
mod check;
mod create;
mod export;
mod impact;
mod metadata;
mod normalize;
mod observe;
mod power;
mod resize;
#[cfg(test)]
mod tests;
mod user_data;
mod volume;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cn_infra_core::address::{PhysicalId, Ref, Reference};
use cn_infra_core::check::{Context, Finding};
use cn_infra_core::export::Exporting;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{Change, Delete, ManageError, Manager, New, Obstacle, Progress, Scope};
use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Problem, Resource};
use cn_infra_core::value::OrNone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Session;
use crate::ec2_id::is_id;
use crate::security_group::SecurityGroup;

pub use metadata::{Endpoint, Metadata, Tokens};
pub use user_data::UserData;
pub use volume::{Disk, Volume, VolumeType};

/// A server: one EC2 instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// The instance type: `t2.large`. A change stops the server for about a minute.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// The image it is created from: `ami-0abc…`, or `resolve:ssm:PARAMETER`, which AWS looks up itself at creation.
    /// Later changes are reported only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The name of the IAM instance profile whose role its programs have, or `"none"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<OrNone<String>>,
    /// The security groups of its primary network interface; the order means nothing. Left out at creation: the
    /// VPC's default group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<Vec<Ref<SecurityGroup>>>,
    /// Whether it gets a public address of Amazon's at creation; left out: what the subnet says. Compared only while
    /// such an address shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<bool>,
    /// The availability zone, in its default subnet: `us-west-2a`. Cannot be changed; not together with `subnet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// The subnet: `subnet-0abc…`. Cannot be changed; not together with `availability_zone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// The name of the key pair for SSH that cloud-init installs at the first start. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_pair: Option<String>,
    /// Whether AWS refuses to terminate it. AWS's default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_protection: Option<bool>,
    /// What happens when it is shut down from within. AWS's default: `stop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_behavior: Option<ShutdownBehavior>,
    /// Whether it runs. Left out: a change that has to stop it leaves it as it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Detailed monitoring: metrics every minute, at a price. AWS's default: false, every five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<bool>,
    /// Dedicated bandwidth to its volumes; current types have it always. A change stops the server for about a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebs_optimized: Option<bool>,
    /// Whether it may hibernate. AWS's default: false. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hibernation: Option<bool>,
    /// The instance metadata service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The volume that it starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_volume: Option<Disk>,
    /// Its other volumes, by a name of your choice; joined to AWS's by device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<BTreeMap<String, Volume>>,
    /// What cloud-init runs at the first start. Later changes are reported only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
}

/// What happens when an instance is shut down from within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShutdownBehavior {
    /// It stops, and can be started again.
    Stop,
    /// It is terminated.
    Terminate,
}

/// Whether an instance runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs.
    Running,
    /// It is stopped: its volumes stay and are paid for.
    Stopped,
}

impl Resource for Instance {
    const KIND: &'static str = "instance";

    const FIELDS: &'static [Field] = &[
        Field::managed("type"),
        Field::create_only("image"),
        Field::managed("instance_profile"),
        Field::managed("security_groups"),
        Field::create_only("public_ip"),
        Field::create_only("availability_zone"),
        Field::create_only("subnet"),
        Field::create_only("key_pair"),
        Field::managed("termination_protection"),
        Field::managed("shutdown_behavior"),
        Field::managed("state"),
        Field::managed("monitoring"),
        Field::managed("ebs_optimized"),
        Field::create_only("hibernation"),
        Field::managed("metadata.tokens"),
        Field::managed("metadata.hop_limit"),
        Field::managed("metadata.endpoint"),
        Field::managed("root_volume.size_gib"),
        Field::managed("root_volume.type"),
        Field::managed("root_volume.iops"),
        Field::managed("root_volume.throughput"),
        Field::managed("root_volume.delete_on_termination"),
        Field::create_only("root_volume.encrypted"),
        Field::create_only("root_volume.kms_key"),
        Field::managed("volumes.*.device"),
        Field::managed("volumes.*.size_gib"),
        Field::managed("volumes.*.type"),
        Field::managed("volumes.*.iops"),
        Field::managed("volumes.*.throughput"),
        Field::managed("volumes.*.delete_on_termination"),
        Field::create_only("volumes.*.encrypted"),
        Field::create_only("volumes.*.kms_key"),
        Field::create_only("user_data.file").file(),
        Field::instruction("user_data.template"),
    ];

    const OUTPUTS: &'static [Output] = &[
        Output { name: "id", doc: "The instance's id." },
        Output { name: "public_ip", doc: "Its public IPv4 address, elastic or Amazon's; none while it has none." },
        Output { name: "private_ip", doc: "Its private IPv4 address." },
        Output { name: "public_dns", doc: "The public DNS name of its public address." },
        Output { name: "private_dns", doc: "Its private DNS name." },
        Output { name: "availability_zone", doc: "The availability zone that it runs in." },
    ];

    const REQUIRED: &'static [&'static str] = &["type", "image"];
    const NAMING: Naming = Naming { tag: true, required: false, unique: false };
    const ID_FORM: &'static str = "i-0123456789abcdef0";

    fn is_physical_id(text: &str) -> bool {
        is_id("i-", text)
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        for group in self.security_groups.iter_mut().flatten() {
            each("security_groups", group.get_mut());
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        impact::impact(change)
    }

    fn normalize(&mut self, live: &mut Self, _: Timestamp) {
        self.compare_with(live);
    }

    fn export(&mut self, _: &Exporting<'_>) -> Result<Vec<String>, String> {
        Ok(self.say())
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        self.problems(each);
    }

    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        self.findings(context, each);
    }

    fn after_delete(&self, _: &str) -> Option<String> {
        Some("with a new id and new disks: `image` may name an AMI made of the old ones".to_owned())
    }
}

/// Reads and changes instances.
#[derive(Clone, Debug)]
pub struct Instances {
    ec2: aws_sdk_ec2::Client,
    /// How often the instance of a client token was looked for in vain.
    unseen: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Instances {
    /// The manager for a session's account and region.
    pub fn new(session: &Session) -> Self {
        Self { ec2: session.ec2.clone(), unseen: Arc::default() }
    }
}

impl Manager for Instances {
    type Resource = Instance;

    async fn observe(&self, scope: &Scope<'_, Instance>) -> Result<Vec<Observed<Instance>>, ManageError> {
        self.read(scope).await
    }

    async fn observe_whole(&self) -> Result<Vec<Observed<Instance>>, ManageError> {
        self.read_whole().await
    }

    async fn obstacles(&self, doomed: &[Observed<Instance>]) -> Result<Vec<(PhysicalId, Obstacle)>, ManageError> {
        self.protected(doomed).await
    }

    async fn create(&self, new: New<'_, Instance>) -> Result<PhysicalId, ManageError> {
        self.run(&new).await
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, Instance>) -> Result<Progress, ManageError> {
        self.change(&id.0, &change).await
    }

    async fn delete(&self, id: &PhysicalId, what: Delete<'_, Instance>) -> Result<Progress, ManageError> {
        self.terminate(&id.0, &what.live.live).await
    }
}
