//! Instances: servers.

mod attributes;
mod credits;
mod describe;
mod disks;
mod filters;
mod launch;
mod lifecycle;
mod metadata;
mod modify;
mod monitoring;
mod networks;
mod run;
mod status;
mod tokens;
mod view;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use metadata::MetadataOptions;
pub use monitoring::Monitoring;
pub use tokens::Launch;

use super::identifier::INSTANCE;
use super::passing::Passing;
use super::{Ec2, interfaces, profile_associations, volumes};
use crate::context::{Context, Operation};
use crate::error::AwsError;

/// The operations on instances.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("DescribeInstanceAttribute", &["Attribute", "InstanceId"], attributes::describe),
    Operation::new("DescribeInstanceCreditSpecifications", &[], credits::describe),
    Operation::new("DescribeInstanceStatus", &[], status::describe),
    Operation::new("DescribeInstances", &[], describe::describe),
    Operation::new("ModifyInstanceAttribute", &["InstanceId"], modify::modify),
    Operation::new("ModifyInstanceCreditSpecification", &["InstanceCreditSpecification"], credits::modify),
    Operation::new("ModifyInstanceMetadataOptions", &["InstanceId"], metadata::modify),
    Operation::new("MonitorInstances", &["InstanceId"], monitoring::monitor),
    Operation::new("RebootInstances", &["InstanceId"], lifecycle::reboot),
    Operation::new("RunInstances", &["MaxCount", "MinCount"], run::run),
    Operation::new("StartInstances", &["InstanceId"], lifecycle::start),
    Operation::new("StopInstances", &["InstanceId"], lifecycle::stop),
    Operation::new("TerminateInstances", &["InstanceId"], lifecycle::terminate),
    Operation::new("UnmonitorInstances", &["InstanceId"], monitoring::unmonitor),
];

/// A row of the instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "AWS has these switches, each for itself")]
pub struct Instance {
    /// `i-…`
    pub id: String,
    /// `r-…`: what one RunInstances made.
    pub reservation: String,
    /// Which of the reservation's instances it is, from 0.
    pub launch_index: u32,
    /// When it was made.
    pub made: Timestamp,
    /// When it was last started.
    pub launched: Timestamp,
    /// The image that it was made from.
    pub image: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// What its root volume is attached as.
    pub root_device: String,
    /// For example `t3.micro`.
    pub kind: String,
    /// The name of its key pair.
    pub key: Option<String>,
    /// Its availability zone.
    pub zone: String,
    /// Running, stopped and so on.
    pub state: Passing<State>,
    /// Why it is stopped or terminated.
    pub reason: Option<Reason>,
    /// When it was terminated, once it is: an hour later it is forgotten.
    pub ended: Option<Timestamp>,
    /// The client token of its RunInstances.
    pub token: Option<String>,
    /// What cloud-init runs at the first start, in base64.
    pub user_data: Option<String>,
    /// Whether TerminateInstances is refused.
    pub termination_protection: bool,
    /// Whether StopInstances is refused.
    pub stop_protection: bool,
    /// What a shutdown from within does: `stop` or `terminate`.
    pub shutdown_behavior: String,
    /// Whether metrics come each minute.
    pub monitoring: Passing<Monitoring>,
    /// Whether it was asked to be EBS-optimized.
    pub ebs_optimized: bool,
    /// Whether it can hibernate.
    pub hibernation: bool,
    /// The metadata service.
    pub metadata: MetadataOptions,
    /// `standard` or `unlimited`; of burstable types only.
    pub credits: Option<String>,
}

/// Why an instance is stopped or terminated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// For example `Client.UserInitiatedShutdown`.
    pub code: String,
    /// For people.
    pub message: String,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Where in its life an instance is. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Being started.
    Pending,
    /// It runs.
    Running,
    /// Being terminated.
    ShuttingDown,
    /// Gone for good, but still told of.
    Terminated,
    /// Being stopped.
    Stopping,
    /// It can be started again.
    Stopped,
}

impl State {
    /// AWS's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// AWS's number of it.
    pub fn code(self) -> u32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// Whether it is gone, or about to be.
    pub fn is_ending(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

/// How long a terminated instance is told of.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>
const LINGERS: SignedDuration = SignedDuration::from_hours(1);

/// An instance that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Instance, AwsError> {
    INSTANCE.check(id)?;
    let instance = context.ec2.instances.get(id).filter(|instance| context.can_see(instance.made));
    instance.ok_or_else(|| INSTANCE.missing(id))
}

/// Ends instances whose time has come, and forgets those that ended an hour ago.
pub fn settle(ec2: &mut Ec2, now: Timestamp) {
    let ends = |instance: &Instance| {
        instance.ended.is_none()
            && instance.state.end() == State::Terminated
            && instance.state.at(now) == State::Terminated
    };
    for id in ec2.instances.keys_where(ends) {
        let Some(instance) = ec2.instances.get_mut(&id) else { continue };
        let at = instance.state.due().unwrap_or(now);
        instance.ended = Some(at);
        end(ec2, &id, at);
    }
    let forgotten = |instance: &Instance| instance.ended.is_some_and(|ended| now.duration_since(ended) >= LINGERS);
    for id in ec2.instances.keys_where(forgotten) {
        ec2.instances.remove(&id);
        ec2.tags.remove(&id);
    }
    tokens::settle(ec2, now);
}

/// What goes with an instance.
fn end(ec2: &mut Ec2, id: &str, at: Timestamp) {
    volumes::ended(ec2, id, at);
    interfaces::ended(ec2, id);
    profile_associations::ended(ec2, id);
    tokens::ended(ec2, id, at);
}
