//! Who reaches which port of which server and database, over all security groups together.
//!
//! [`Reach`] is a pure function of groups and of what bears them: of a file alone ([`Reach::declared`]), or of the account
//! before and after the file is applied ([`before_and_after`]). [`Access`] is the set it is made of; sets can be compared,
//! so that "nobody allowed before and after is cut off" can be decided ([`Access::cut_off`]).
//!
//! Routes and network ACLs are not looked at: a rule may let in whom the network does not. What has no public address is
//! marked as such.

mod access;
mod matrix;
mod names;
mod picture;
mod ranges;
mod sources;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::{Ref, Reference};
use cn_infra_core::check::Whole;
use cn_infra_core::document::DocumentError;
use cn_infra_core::environment::Environment;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::plan::identity::identify;
use jiff::Timestamp;
use serde::Serialize;

pub use access::Access;
pub use matrix::{Cell, Change, Column, Matrix, Row, changes, in_words};
pub use sources::Sources;
pub use traffic::Traffic;

use crate::db_instance::DbInstance;
use crate::instance::Instance;
use crate::security_group::SecurityGroup;
pub(crate) use picture::Picture;

/// Who reaches which port of which server and database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reach {
    /// What can be reached, by what the file calls it: `instance.web`, `staging/instance.web`, or an id.
    pub targets: BTreeMap<String, Target>,
}

/// A server or database, and who reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its security groups.
    pub groups: BTreeSet<String>,
    /// Those among them whose rules are not known: of another environment or of nobody's file, where live was not read.
    pub unknown: BTreeSet<String>,
    /// Whether it has a public address.
    pub exposure: Exposure,
    /// Who reaches which of its ports, by its groups.
    pub access: Access,
}

/// Whether something has a public address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// It has one.
    Public,
    /// It has none: only its own network, and what is joined to that, can reach it.
    Private,
    /// The file does not say, and the subnet decides.
    #[default]
    Unsaid,
}

impl Reach {
    /// What a file alone says.
    pub fn declared(environment: &Environment, now: Timestamp) -> Result<Self, DocumentError> {
        Self::of(&Picture::declared(environment), now)
    }

    pub(crate) fn of(picture: &Picture, now: Timestamp) -> Result<Self, DocumentError> {
        let scene = Scene { groups: picture.all()?, addressed: picture.addressed()?, now };
        let servers = picture.all::<Instance>()?.into_iter().map(|(name, server)| scene.server(&name, &server));
        let databases =
            picture.all::<DbInstance>()?.into_iter().map(|(name, database)| scene.database(&name, &database));
        Ok(Self { targets: servers.chain(databases).collect() })
    }
}

/// Who reaches what now, and once the file is applied.
pub fn before_and_after(
    environment: &Environment,
    live: &Live,
    kinds: &Kinds,
    now: Timestamp,
) -> Result<(Reach, Reach), DocumentError> {
    let identity = identify(environment, live, kinds);
    let before = Picture::live(&Whole { environment, live: Some((live, &identity)), kinds, now })?;
    Ok((Reach::of(&before, now)?, Reach::of(&before.applied(environment), now)?))
}

/// What the reach of one server depends on.
struct Scene {
    groups: BTreeMap<Reference, SecurityGroup>,
    addressed: BTreeSet<Reference>,
    now: Timestamp,
}

impl Scene {
    fn server(&self, name: &Reference, server: &Instance) -> (String, Target) {
        let groups = server.security_groups.iter().flatten();
        let exposure = match server.public_ip {
            _ if self.addressed.contains(name) => Exposure::Public,
            Some(true) => Exposure::Public,
            Some(false) => Exposure::Private,
            None => Exposure::Unsaid,
        };
        let target = self.target(groups.map(Ref::get), exposure);
        (name.to_string(), target)
    }

    /// Of a database only its port counts: nothing else listens there.
    fn database(&self, name: &Reference, database: &DbInstance) -> (String, Target) {
        let groups = database.security_groups.iter().flatten();
        let exposure = match database.publicly_accessible {
            Some(true) => Exposure::Public,
            Some(false) => Exposure::Private,
            None => Exposure::Unsaid,
        };
        let mut target = self.target(groups.map(Ref::get), exposure);
        if let Some(port) = database.listens_at() {
            target.access = target.access.only(Traffic::tcp(port));
        }
        (name.to_string(), target)
    }

    fn target<'a>(&self, groups: impl Iterator<Item = &'a Reference>, exposure: Exposure) -> Target {
        let mut target = Target { groups: BTreeSet::new(), unknown: BTreeSet::new(), exposure, access: Access::none() };
        for group in groups {
            target.groups.insert(group.to_string());
            match self.groups.get(group) {
                Some(rules) => target.access = target.access.union(&Access::of_group(rules, self.now)),
                None => drop(target.unknown.insert(group.to_string())),
            }
        }
        target
    }
}
