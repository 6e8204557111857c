//! Which instance profile a server has.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::one;
use super::passing::Passing;
use super::{Filters, Page, instances};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::iam::Profile;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on associations.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AssociateIamInstanceProfile", &["IamInstanceProfile", "InstanceId"], associate),
    Operation::new("DescribeIamInstanceProfileAssociations", &[], describe),
    Operation::new("DisassociateIamInstanceProfile", &["AssociationId"], disassociate),
    Operation::new("ReplaceIamInstanceProfileAssociation", &["AssociationId", "IamInstanceProfile"], replace),
];

/// A row of the associations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileAssociation {
    /// `iip-assoc-…`
    pub id: String,
    /// The server.
    pub instance: String,
    /// The profile's ARN.
    pub arn: String,
    /// The profile's id.
    pub profile: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// How far it is.
    pub state: Passing<State>,
}

/// How far an association is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// On its way.
    Associating,
    /// The server has the profile.
    Associated,
    /// Being taken off.
    Disassociating,
    /// Taken off: no longer told.
    Disassociated,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Associating => "associating",
            Self::Associated => "associated",
            Self::Disassociating => "disassociating",
            Self::Disassociated => "disassociated",
        }
    }
}

/// How long it takes, in seconds.
const TIME: i64 = 5;

impl ProfileAssociation {
    /// Whether the server has the profile, or soon will.
    pub fn holds(&self) -> bool {
        self.state.end() == State::Associated
    }
}

/// Associates a profile with a server that is being launched.
pub fn at_launch(context: &mut Context<'_>, instance: &str, profile: &Profile) {
    insert(context, instance, profile, Passing::stays(State::Associated));
}

/// The server is gone, and with it its association.
pub fn ended(ec2: &mut super::Ec2, instance: &str) {
    for id in ec2.profile_associations.keys_where(|association| association.instance == instance) {
        ec2.profile_associations.remove(&id);
    }
}

fn insert(context: &mut Context<'_>, instance: &str, profile: &Profile, state: Passing<State>) -> ProfileAssociation {
    let association = ProfileAssociation {
        id: ids::ec2("iip-assoc"),
        instance: instance.to_owned(),
        arn: profile.arn(context.account),
        profile: profile.id.clone(),
        since: context.now,
        state,
    };
    context.ec2.profile_associations.insert(association.id.clone(), association.clone());
    association
}

fn associate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let instance = instances::find(context, params.require("InstanceId")?)?;
    let (id, state) = (instance.id.clone(), instance.state.at(context.now));
    if state.is_ending() {
        let message = format!("The instance '{id}' is not in the 'running' or 'stopped' states");
        return Err(AwsError::new("IncorrectInstanceState", message));
    }
    if context.ec2.profile_associations.values().any(|other| other.instance == id && other.holds()) {
        let message = format!("There is an existing association for instance {id}");
        return Err(AwsError::new("IncorrectState", message));
    }
    let profile = context.iam.chosen(&params.structure("IamInstanceProfile"), context.account)?.clone();
    let state = Passing::new(State::Associating, State::Associated, context.now, TIME);
    let association = insert(context, &id, &profile, state);
    Ok(answer(context, &association))
}

fn disassociate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let association = take_off(context, params.require("AssociationId")?)?;
    Ok(answer(context, &association))
}

/// The old association ends, a new one with its own id begins.
fn replace(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let profile = context.iam.chosen(&params.structure("IamInstanceProfile"), context.account)?.clone();
    let former = take_off(context, params.require("AssociationId")?)?;
    context.ec2.profile_associations.remove(&former.id);
    let state = Passing::new(State::Associating, State::Associated, context.now, TIME);
    let association = insert(context, &former.instance, &profile, state);
    Ok(answer(context, &association))
}

fn take_off(context: &mut Context<'_>, id: &str) -> Result<ProfileAssociation, AwsError> {
    let now = context.now;
    let association = context.ec2.profile_associations.get_mut(id).filter(|association| association.holds());
    let Some(association) = association else {
        let message = format!("An invalid association-id of '{id}' was given");
        return Err(AwsError::new("InvalidAssociationID.NotFound", message));
    };
    association.state = Passing::new(State::Disassociating, State::Disassociated, now, TIME);
    Ok(association.clone())
}

fn answer(context: &Context<'_>, association: &ProfileAssociation) -> Xml {
    let mut xml = Xml::new();
    xml.element("iamInstanceProfileAssociation", |xml| write(xml, context, association));
    xml
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(&["instance-id", "state"])?, Page::of(params, 5..=1000)?);
    let is_there = |association: &ProfileAssociation| association.state.at(context.now) != State::Disassociated;
    let not_found = |id: &str| {
        AwsError::new("InvalidAssociationID.NotFound", format!("An invalid association-id of '{id}' was given"))
    };
    let ids = params.list("AssociationId");
    let mut found = Vec::new();
    for association in super::chosen(&context.ec2.profile_associations, &ids, is_there, not_found)? {
        let property = |name: &str| -> Option<Vec<Cow<'_, str>>> {
            match name {
                "instance-id" => one(&association.instance),
                "state" => one(association.state.at(context.now).name()),
                _ => None,
            }
        };
        if filters.keep(None, property)? {
            found.push(association);
        }
    }
    let (found, token) = page.cut(found, |association| &association.id);
    let mut xml = Xml::new();
    xml.items("iamInstanceProfileAssociationSet", found, |xml, association| write(xml, context, association));
    xml.some("nextToken", token);
    Ok(xml)
}

fn write(xml: &mut Xml, context: &Context<'_>, association: &ProfileAssociation) {
    xml.text("associationId", &association.id).text("instanceId", &association.instance);
    xml.element("iamInstanceProfile", |xml| {
        xml.text("arn", &association.arn).text("id", &association.profile);
    });
    xml.text("state", association.state.at(context.now).name());
    xml.text("timestamp", format_args!("{:.3}", association.since));
}
