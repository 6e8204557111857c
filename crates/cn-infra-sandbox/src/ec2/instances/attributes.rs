//! DescribeInstanceAttribute: one attribute of one instance.

use super::super::security_groups;
use super::view::{Attached, View, write_disk};
use super::{Instance, find};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Tells it by the name that it has in the answer.
pub fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let context = &*context;
    let instance = find(context, params.require("InstanceId")?)?;
    let name = params.require("Attribute")?;
    let attached = Attached::of(context);
    let view = View::new(context, &attached, instance);
    let mut xml = Xml::new();
    xml.text("instanceId", &instance.id);
    match name {
        "blockDeviceMapping" => {
            xml.items(name, view.volumes, |xml, (volume, attachment)| write_disk(xml, &view, volume, attachment));
        }
        "groupSet" => {
            security_groups::write_set(&mut xml, context.ec2, view.primary().map_or(&[], |primary| &primary.groups));
        }
        "productCodes" => {
            xml.items(name, [(); 0], |_, ()| ());
        }
        "enclaveOptions" => {
            xml.element(name, |xml| {
                xml.text("enabled", false);
            });
        }
        _ => {
            let value = value(&view, instance, name)?;
            xml.element(name, |xml| {
                xml.some("value", value);
            });
        }
    }
    Ok(xml)
}

/// The value of an attribute that is one text; `None` where it has none.
fn value(view: &View<'_>, instance: &Instance, name: &str) -> Result<Option<String>, AwsError> {
    Ok(match name {
        "instanceType" => Some(instance.kind.clone()),
        "userData" => instance.user_data.clone(),
        "disableApiTermination" => Some(instance.termination_protection.to_string()),
        "disableApiStop" => Some(instance.stop_protection.to_string()),
        "instanceInitiatedShutdownBehavior" => Some(instance.shutdown_behavior.clone()),
        "rootDeviceName" => Some(instance.root_device.clone()),
        "ebsOptimized" => Some(instance.ebs_optimized.to_string()),
        "enaSupport" => Some("true".to_owned()),
        "sourceDestCheck" => view.primary().map(|primary| primary.source_dest_check.to_string()),
        "sriovNetSupport" => Some("simple".to_owned()),
        "kernel" | "ramdisk" => None,
        _ => {
            let message = format!("Value ({name}) for parameter attribute is invalid. Unknown attribute.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    })
}
