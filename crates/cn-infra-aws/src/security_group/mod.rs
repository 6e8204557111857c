//! Security groups: who may reach what, as named rules.
//!
//! A group and its rules are two steps, so that groups may name each other. AWS: "Security group rules" in the VPC
//! User Guide.

mod calls;
mod change;
mod check;
mod export;
mod guard;
mod icmp;
mod normalize;
mod observe;
mod open;
mod peer;
mod rule;
#[cfg(test)]
mod tests;
mod traffic;
mod until;
mod vpc;

use aws_sdk_ec2::types::ResourceType;
use cn_infra_core::address::{PhysicalId, Reference};
use cn_infra_core::check::{Context, Finding};
use cn_infra_core::environment::Networks;
use cn_infra_core::export::Exporting;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{Change, Delete, ErrorClass, ManageError, Manager, New, Progress, Scope};
use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Part, Problem, Resource};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::Session;
use crate::ec2_id::is_id;
use crate::ec2_tags;
use crate::error::{failed, made};
use crate::session::ec2_once;

pub use guard::CLOSES_SSH;
pub use icmp::{Icmp, IcmpName};
pub use peer::Peer;
pub(crate) use rule::{AwsRule, Direction};
pub use rule::{Rule, Rules};
pub(crate) use traffic::Traffic as AwsTraffic;
pub use traffic::{Ports, Protocol};
pub use until::Until;
pub use vpc::Vpc;

/// A security group and its rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityGroup {
    /// What consoles show beside the group, at most 255 characters. AWS fixes it at creation. Default: the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `"default"` or `vpc-…`. AWS fixes it at creation. Default: the region's default VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Vpc>,
    /// What may come in; `{}` is nothing. Left out: rules are not managed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Rules>,
    /// What may go out; `{}` is nothing. Left out: rules are not managed, and a new group lets everything out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<Rules>,
}

impl SecurityGroup {
    fn rules(&self, direction: Direction) -> Option<&Rules> {
        match direction {
            Direction::Ingress => self.ingress.as_ref(),
            Direction::Egress => self.egress.as_ref(),
        }
    }

    /// Each rule with its direction and name, to change.
    fn rules_mut(&mut self) -> impl Iterator<Item = (Direction, &String, &mut Rule)> {
        let Self { description: _, vpc: _, ingress, egress } = self;
        let ingress = ingress.iter_mut().flatten().map(|(name, rule)| (Direction::Ingress, name, rule));
        let egress = egress.iter_mut().flatten().map(|(name, rule)| (Direction::Egress, name, rule));
        ingress.chain(egress)
    }
}

impl Resource for SecurityGroup {
    const KIND: &'static str = "security_group";
    const FIELDS: &'static [Field] = &[
        Field::create_only("description"),
        Field::create_only("vpc"),
        Field::managed("ingress.*.protocol"),
        Field::managed("ingress.*.port"),
        Field::managed("ingress.*.ports"),
        Field::managed("ingress.*.icmp"),
        Field::managed("ingress.*.from"),
        Field::managed("ingress.*.to"),
        Field::instruction("ingress.*.until"),
        Field::managed("ingress.*.description"),
        Field::managed("egress.*.protocol"),
        Field::managed("egress.*.port"),
        Field::managed("egress.*.ports"),
        Field::managed("egress.*.icmp"),
        Field::managed("egress.*.from"),
        Field::managed("egress.*.to"),
        Field::instruction("egress.*.until"),
        Field::managed("egress.*.description"),
    ];
    const PARTS: &'static [Part] = &[Part { name: "rules", fields: &["ingress", "egress"] }];
    const OUTPUTS: &'static [Output] = &[
        Output { name: "id", doc: "The group's id: sg-0123456789abcdef0." },
        Output { name: "vpc", doc: "The id of its VPC." },
        Output { name: "arn", doc: "Its ARN." },
    ];
    const NAMING: Naming = Naming { tag: true, required: false, unique: true };
    const ID_FORM: &'static str = "sg-0123456789abcdef0";

    fn is_physical_id(text: &str) -> bool {
        is_id("sg-", text)
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        for (direction, name, rule) in self.rules_mut() {
            let path = format!("{}.{name}.{}", direction.field(), direction.peer_fields().0);
            for peer in rule.peers_mut(direction).into_iter().flatten() {
                if let Peer::Group(group) = peer {
                    each(&path, group.get_mut());
                }
            }
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        let way_out = "declare a new group under another address, let references name it, and prune this one later";
        match change.path {
            "name" | "description" | "vpc" => Impact::impossible(
                format!("AWS fixes the {} of a security group at its creation", change.path),
                format!("{way_out}; or write what is there"),
            ),
            _ => Impact::noted("nobody allowed before and after is cut off"),
        }
    }

    fn normalize(&mut self, live: &mut Self, now: Timestamp) {
        let Self { description: _, vpc: _, ingress, egress } = self;
        normalize::normalize(Direction::Ingress, ingress, &mut live.ingress, now);
        normalize::normalize(Direction::Egress, egress, &mut live.egress, now);
    }

    fn expand(&mut self, networks: &Networks, unknown: &mut dyn FnMut(&str, &str)) {
        for (direction, name, rule) in self.rules_mut() {
            let path = format!("{}.{name}.{}", direction.field(), direction.peer_fields().0);
            let Some(peers) = rule.peers_mut(direction) else { continue };
            *peers =
                std::mem::take(peers).into_iter().flat_map(|peer| expanded(peer, networks, &path, unknown)).collect();
        }
    }

    fn export(&mut self, exporting: &Exporting<'_>) -> Result<Vec<String>, String> {
        if exporting.name == Some("default") {
            return Err("every VPC has its default group, which can be neither made nor deleted".to_owned());
        }
        for (direction, rules) in [(Direction::Ingress, &mut self.ingress), (Direction::Egress, &mut self.egress)] {
            if let Some(rules) = rules {
                *rules = export::named(direction, rules, exporting);
            }
        }
        if self.description.as_deref() == exporting.name {
            self.description = None;
        }
        Ok(Vec::new())
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        check::validate(self, each);
    }

    /// A group's name is its own within one VPC.
    fn same_scope(&self, live: &Self) -> bool {
        self.vpc.as_ref().unwrap_or(&Vpc::Default) == live.vpc.as_ref().unwrap_or(&Vpc::Default)
    }

    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        check::check(self, context, each);
        guard::check(self, context, each);
        open::check(self, context, each);
    }
}

/// The CIDRs of a network's name; an unknown name stays, and is reported.
fn expanded(peer: Peer, networks: &Networks, path: &str, unknown: &mut dyn FnMut(&str, &str)) -> Vec<Peer> {
    let Peer::Network(name) = &peer else { return vec![peer] };
    if let Some(cidrs) = networks.get(name) {
        return cidrs.iter().copied().map(Peer::Cidr).collect();
    }
    unknown(path, name);
    vec![peer]
}

/// Reads and changes security groups.
#[derive(Debug)]
pub struct SecurityGroups {
    session: Session,
    /// The id of the region's default VPC, if it has one; asked once.
    default_vpc: OnceCell<Option<String>>,
}

impl SecurityGroups {
    /// Over the EC2 client of a session.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone(), default_vpc: OnceCell::new() }
    }

    async fn default_vpc(&self) -> Result<Option<&str>, ManageError> {
        let vpc = self.default_vpc.get_or_try_init(|| observe::default_vpc(&self.session.ec2)).await?;
        Ok(vpc.as_deref())
    }

    async fn read(
        &self,
        scope: &Scope<'_, SecurityGroup>,
        name_vpc: bool,
    ) -> Result<Vec<Observed<SecurityGroup>>, ManageError> {
        let default_vpc = async { if name_vpc { self.default_vpc().await } else { Ok(None) } };
        let (groups, default_vpc) = tokio::try_join!(observe::groups(&self.session.ec2, scope.only), default_vpc)?;
        let groups = groups.into_iter().filter_map(|group| observe::observed(group, default_vpc, scope.declared));
        Ok(groups.filter(|group| scope.includes(&group.id.0)).collect())
    }

    async fn vpc_id(&self, vpc: Option<&Vpc>) -> Result<String, ManageError> {
        if let Some(Vpc::Id(id)) = vpc {
            return Ok(id.clone());
        }
        self.default_vpc().await?.map(str::to_owned).ok_or_else(|| {
            let message = format!("{} has no default VPC", self.session.region);
            ManageError::new(ErrorClass::Invalid, message).hint("write the group's VPC: vpc = \"vpc-…\"")
        })
    }
}

impl Manager for SecurityGroups {
    type Resource = SecurityGroup;

    async fn observe(&self, scope: &Scope<'_, SecurityGroup>) -> Result<Vec<Observed<SecurityGroup>>, ManageError> {
        // Only where a file declares a group does it matter how the VPC is written.
        self.read(scope, !scope.declared.is_empty()).await
    }

    async fn observe_whole(&self) -> Result<Vec<Observed<SecurityGroup>>, ManageError> {
        self.read(&Scope { only: None, declared: &[] }, true).await
    }

    /// Without rules: they are the part's. AWS knows no client token here, so the call goes out once.
    async fn create(&self, new: New<'_, SecurityGroup>) -> Result<PhysicalId, ManageError> {
        let SecurityGroup { description, vpc, ingress: _, egress: _ } = new.resource;
        let call = self
            .session
            .ec2
            .create_security_group()
            .group_name(new.name)
            .description(description.as_deref().unwrap_or(new.name))
            .vpc_id(self.vpc_id(vpc.as_ref()).await?)
            .tag_specifications(ec2_tags::tag_specification(ResourceType::SecurityGroup, new.tags));
        let answer = call.customize().config_override(ec2_once()).send().await;
        let answer = answer.map_err(|error| failed("CreateSecurityGroup", error))?;
        made("CreateSecurityGroup", answer.group_id)
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, SecurityGroup>) -> Result<Progress, ManageError> {
        match change.part {
            Some(_) => change::set_rules(&self.session.ec2, &id.0, change.desired, &change.live.live).await?,
            None => ec2_tags::apply(&self.session.ec2, &id.0, change.tags).await?,
        }
        Ok(Progress::Done)
    }

    async fn delete(&self, id: &PhysicalId, what: Delete<'_, SecurityGroup>) -> Result<Progress, ManageError> {
        let deleted = if what.part.is_some() {
            change::revoke_all(&self.session.ec2, &id.0).await
        } else {
            let answer = self.session.ec2.delete_security_group().group_id(&id.0).send().await;
            answer.map(|_| ()).map_err(|error| failed("DeleteSecurityGroup", error))
        };
        match deleted {
            Err(error) if error.code.as_deref() != Some("InvalidGroup.NotFound") => Err(error),
            _ => Ok(Progress::Done),
        }
    }
}
