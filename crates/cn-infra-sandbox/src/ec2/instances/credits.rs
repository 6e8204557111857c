//! What burstable instances do beyond their CPU credits.

use super::super::filter::one;
use super::super::{Filters, Page};
use super::{describe as instances, find};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Tells those that have credits.
pub fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let mut found = Vec::new();
    for instance in instances::named(context, &params.list("InstanceId"))? {
        let Some(credits) = &instance.credits else { continue };
        if filters.keep(None, |name| if name == "instance-id" { one(&instance.id) } else { None })? {
            found.push((&instance.id, credits));
        }
    }
    let (found, token) = page.cut(found, |(id, _)| id);
    let mut xml = Xml::new();
    xml.items("instanceCreditSpecificationSet", found, |xml, (id, credits)| {
        xml.text("instanceId", id).text("cpuCredits", credits);
    });
    xml.some("nextToken", token);
    Ok(xml)
}

/// Each instance succeeds or fails for itself.
pub fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    for wanted in params.structures("InstanceCreditSpecification") {
        let id = wanted.require("InstanceId")?;
        match change(context, id, wanted.get("CpuCredits").unwrap_or("standard")) {
            Ok(()) => changed.push(id),
            Err(error) => failed.push((id, error)),
        }
    }
    let mut xml = Xml::new();
    xml.items("successfulInstanceCreditSpecificationSet", changed, |xml, id| {
        xml.text("instanceId", id);
    });
    xml.items("unsuccessfulInstanceCreditSpecificationSet", failed, |xml, (id, error)| {
        xml.text("instanceId", id).element("error", |xml| {
            xml.text("code", &error.code).text("message", &error.message);
        });
    });
    Ok(xml)
}

fn change(context: &mut Context<'_>, id: &str, credits: &str) -> Result<(), AwsError> {
    let instance = find(context, id)?;
    if instance.credits.is_none() {
        let message = format!("The instance '{id}' is not of a burstable type.");
        return Err(AwsError::new("InstanceCreditSpecification.NotSupported", message));
    }
    if instance.state.at(context.now).is_ending() {
        let message = format!("The instance '{id}' is not in a state in which its credits can be modified.");
        return Err(AwsError::new("IncorrectInstanceState", message));
    }
    if !matches!(credits, "standard" | "unlimited") {
        return Err(AwsError::new("InvalidParameterValue", format!("Invalid value '{credits}' for CpuCredits")));
    }
    if let Some(instance) = context.ec2.instances.get_mut(id) {
        instance.credits = Some(credits.to_owned());
    }
    Ok(())
}
