//! Findings: what is valid and yet probably not meant.
//!
//! CN201: a production server without termination protection. CN202: metadata without session tokens. CN203: a
//! production server that a shutdown from within terminates. CN204: a role that no program can get at.
//! CN205: more security groups than a network interface takes by default.

use cn_infra_core::check::{Context, Finding, Severity};
use cn_infra_core::environment::Tier;
use cn_infra_core::value::OrNone;

use super::{Endpoint, Instance, ShutdownBehavior, Tokens};

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
    }
}
