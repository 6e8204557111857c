//! DescribeInstances.

use std::collections::BTreeMap;

use super::super::identifier::INSTANCE;
use super::super::{Filters, Page, chosen};
use super::view::{Attached, View, write_reservation};
use super::{Instance, filters};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Tells instances by reservation; a page holds so many reservations.
pub fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(filters::FILTERS)?, Page::of(params, 5..=1000)?);
    let ids = params.list("InstanceId");
    params.flag("IncludeManagedResources")?;
    if !ids.is_empty() && params.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let context = &*context;
    let attached = Attached::of(context);
    let mut reservations = BTreeMap::<&str, Vec<&Instance>>::new();
    for instance in named(context, &ids)? {
        let view = View::new(context, &attached, instance);
        if filters.is_empty()
            || filters.keep(context.ec2.tags.get(&instance.id), |name| filters::property(&view, name))?
        {
            reservations.entry(&instance.reservation).or_default().push(instance);
        }
    }
    let (reservations, token) = page.cut(reservations.into_iter().collect(), |(id, _)| id);
    let mut xml = Xml::new();
    xml.items("reservationSet", reservations, |xml, (reservation, instances)| {
        write_reservation(xml, context, &attached, reservation, &instances);
    });
    xml.some("nextToken", token);
    Ok(xml)
}

/// The instances of the given ids, or all, of those that can be seen.
pub fn named<'a>(context: &'a Context<'_>, ids: &[&str]) -> Result<Vec<&'a Instance>, AwsError> {
    INSTANCE.check_all(ids)?;
    let is_there = |instance: &Instance| context.can_see(instance.made);
    chosen(&context.ec2.instances, ids, is_there, |id| INSTANCE.missing(id))
}
