//! Findings: what is valid and yet probably not meant.
//!
//! CN201: a production server without termination protection. CN202: metadata without session tokens. CN203: a
//! production server that a shutdown from within terminates. CN204: a role that no program can get at.
//! CN205: more security groups than a network interface takes by default. CN206: a type with a cheaper successor.
//! CN207: a type of production's size in staging. CN208: provisioned IOPS in staging. CN209: a production volume that is
//! said not to be encrypted.

use cn_infra_core::check::{Context, Finding, Severity};
use cn_infra_core::environment::Tier;
use cn_infra_core::value::OrNone;

use super::{Endpoint, Instance, ShutdownBehavior, Tokens, VolumeType};
use crate::generation::{is_for_production, newer_than};

/// AWS's default quota "Security groups per network interface".
const GROUPS: usize = 5;

impl Instance {
    pub(super) fn findings(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        let production = context.situation.tier == Tier::Production;
        if production && self.termination_protection != Some(true) {
            let finding = Finding::new("CN201", Severity::Warning, "a production server can be terminated by one call");
            each(finding.hint("set `termination_protection = true`"));
        }
        let metadata = self.metadata.as_ref();
        if metadata.is_some_and(|metadata| metadata.tokens == Some(Tokens::Optional)) {
            let message =
                "the metadata service gives the role's credentials to any request that a program can be tricked into";
            each(Finding::new("CN202", Severity::Warning, message).hint("set `metadata.tokens = \"required\"`"));
        }
        if production && self.shutdown_behavior == Some(ShutdownBehavior::Terminate) {
            let message = "a shutdown from within terminates this production server";
            each(Finding::new("CN203", Severity::Warning, message).hint("set `shutdown_behavior = \"stop\"`"));
        }
        let groups = self.security_groups.as_ref().map_or(0, Vec::len);
        if groups > GROUPS {
            let message = format!("{groups} security groups: AWS's default quota is {GROUPS} for a network interface");
            each(Finding::new("CN205", Severity::Warning, message).hint("put their rules into fewer groups"));
        }
        let has_role = self.instance_profile.as_ref().and_then(OrNone::some).is_some();
        if has_role && metadata.is_some_and(|metadata| metadata.endpoint == Some(Endpoint::Disabled)) {
            let message = "without the metadata service no program gets the role of the instance profile";
            each(Finding::new("CN204", Severity::Warning, message).hint("set `metadata.endpoint = \"enabled\"`"));
        }
        self.money(context.situation.tier, each);
        if production && self.disks().any(|(_, encrypted)| encrypted == Some(false)) {
            let finding = Finding::new("CN209", Severity::Warning, "a volume of a production server is not encrypted");
            each(finding.hint("set `encrypted = true` before it is created: later it is too late"));
        }
    }

    /// What costs more than it needs to.
    fn money(&self, tier: Tier, each: &mut dyn FnMut(Finding)) {
        let name = self.instance_type.as_deref().unwrap_or_default();
        if let Some(newer) = newer_than(name) {
            each(Finding::new("CN206", Severity::Note, format!("{name} is of a previous generation")).hint(newer));
        }
        if tier == Tier::Staging && is_for_production(name) {
            let finding =
                Finding::new("CN207", Severity::Note, format!("{name} is paid for like production's servers"));
            each(finding.hint("a smaller type does for staging: t3.medium"));
        }
        let is_provisioned = |kind: Option<VolumeType>| matches!(kind, Some(VolumeType::Io1 | VolumeType::Io2));
        if tier == Tier::Staging && self.disks().any(|(kind, _)| is_provisioned(kind)) {
            let finding =
                Finding::new("CN208", Severity::Note, "provisioned IOPS are paid for by the month, used or not");
            each(finding.hint("gp3 does for staging"));
        }
    }

    /// The type of every volume, and whether it is encrypted.
    fn disks(&self) -> impl Iterator<Item = (Option<VolumeType>, Option<bool>)> {
        let root = self.root_volume.iter().map(|disk| (disk.volume_type, disk.encrypted));
        root.chain(self.volumes.iter().flatten().map(|(_, volume)| (volume.volume_type, volume.encrypted)))
    }
}
