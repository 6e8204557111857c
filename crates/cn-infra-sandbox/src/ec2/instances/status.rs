//! DescribeInstanceStatus: the checks that AWS makes of running instances.

use jiff::SignedDuration;

use super::super::filter::one;
use super::super::{Filters, Page, zones};
use super::view::write_state;
use super::{Instance, State, describe as instances};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// How long after its start an instance passes the checks.
const INITIALIZING: SignedDuration = SignedDuration::from_secs(120);

/// What the checks say, and what their single test does.
fn health(context: &Context<'_>, instance: &Instance) -> (&'static str, Option<&'static str>) {
    match instance.state.at(context.now) {
        State::Running if context.now.duration_since(instance.launched) >= INITIALIZING => ("ok", Some("passed")),
        State::Running | State::Pending => ("initializing", Some("initializing")),
        _ => ("not-applicable", None),
    }
}

/// The names that are known.
const FILTERS: &[&str] = &[
    "availability-zone",
    "availability-zone-id",
    "instance-state-code",
    "instance-state-name",
    "instance-status.reachability",
    "instance-status.status",
    "system-status.reachability",
    "system-status.status",
];

/// Running ones only, unless `IncludeAllInstances`.
pub fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 5..=1000)?);
    let all = params.flag("IncludeAllInstances")?.unwrap_or_default();
    let ids = params.list("InstanceId");
    if !ids.is_empty() && params.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let mut found = Vec::new();
    for instance in instances::named(context, &ids)? {
        let state = instance.state.at(context.now);
        let (status, test) = health(context, instance);
        let property = |name: &str| match name {
            "availability-zone" => one(&instance.zone),
            "availability-zone-id" => one(zones::id(&instance.zone)),
            "instance-state-name" => one(state.name()),
            "instance-state-code" => one(state.code().to_string()),
            "instance-status.status" | "system-status.status" => one(status),
            "instance-status.reachability" | "system-status.reachability" => {
                Some(test.into_iter().map(Into::into).collect())
            }
            _ => None,
        };
        if (all || state == State::Running) && filters.keep(context.ec2.tags.get(&instance.id), property)? {
            found.push(instance);
        }
    }
    let (found, token) = page.cut(found, |instance| &instance.id);
    let mut xml = Xml::new();
    xml.items("instanceStatusSet", found, |xml, instance| write(xml, context, instance)).some("nextToken", token);
    Ok(xml)
}

fn write(xml: &mut Xml, context: &Context<'_>, instance: &Instance) {
    let (status, test) = health(context, instance);
    xml.text("instanceId", &instance.id).text("availabilityZone", &instance.zone);
    xml.text("availabilityZoneId", zones::id(&instance.zone));
    write_state(xml, "instanceState", instance.state.at(context.now));
    for name in ["systemStatus", "instanceStatus", "attachedEbsStatus"] {
        xml.element(name, |xml| {
            xml.text("status", status).items("details", test, |xml, test| {
                xml.text("name", "reachability").text("status", test);
            });
        });
    }
}
