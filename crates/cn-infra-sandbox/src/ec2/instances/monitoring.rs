//! Detailed monitoring.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Passing, describe, lifecycle};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Whether metrics come each minute instead of every five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Monitoring {
    /// Every five minutes.
    Disabled,
    /// Being switched off.
    Disabling,
    /// Each minute.
    Enabled,
    /// Being switched on.
    Pending,
}

/// How long switching takes, in seconds.
const TIME: i64 = 10;

impl Monitoring {
    /// AWS's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Disabling => "disabling",
            Self::Enabled => "enabled",
            Self::Pending => "pending",
        }
    }

    /// That of an instance being launched: on its way until the instance runs.
    pub fn at_launch(enabled: bool, now: Timestamp) -> Passing<Self> {
        if enabled {
            Passing::new(Self::Pending, Self::Enabled, now, lifecycle::STARTING)
        } else {
            Passing::stays(Self::Disabled)
        }
    }
}

/// Switches it on.
pub fn monitor(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    switch(context, params, Monitoring::Pending, Monitoring::Enabled)
}

/// Switches it off.
pub fn unmonitor(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    switch(context, params, Monitoring::Disabling, Monitoring::Disabled)
}

fn switch(context: &mut Context<'_>, params: &Params<'_>, via: Monitoring, to: Monitoring) -> Result<Xml, AwsError> {
    let named = describe::named(context, &params.list("InstanceId"))?;
    let ids: Vec<_> = named.into_iter().map(|instance| instance.id.clone()).collect();
    let now = context.now;
    let mut xml = Xml::new();
    xml.items("instancesSet", &ids, |xml, id| {
        let Some(instance) = context.ec2.instances.get_mut(id) else { return };
        if instance.monitoring.end() != to {
            instance.monitoring = Passing::new(via, to, now, TIME);
        }
        xml.text("instanceId", id).element("monitoring", |xml| {
            xml.text("state", instance.monitoring.at(now).name());
        });
    });
    Ok(xml)
}
