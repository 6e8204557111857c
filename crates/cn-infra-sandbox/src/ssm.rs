//! A little SSM: the public parameters that name the newest image of a distribution.

use serde_json::{Value, json};

use crate::context::Context;
use crate::ec2::images;
use crate::error::AwsError;

/// An operation, of a region.
type Run = fn(&str, &Value) -> Result<Value, AwsError>;

/// The operations that are modelled.
pub const OPERATIONS: &[(&str, Run)] = &[("GetParameter", get_parameter), ("GetParameters", get_parameters)];

/// Carries out an operation of the JSON protocol.
pub fn call(context: &mut Context<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let (_, run) = OPERATIONS
        .iter()
        .find(|(name, _)| *name == operation)
        .ok_or_else(|| AwsError::not_modelled(format!("SSM's {operation}")))?;
    run(context.region, input)
}

fn get_parameter(region: &str, input: &Value) -> Result<Value, AwsError> {
    only(input, &["Name", "WithDecryption"])?;
    let name = input["Name"].as_str().ok_or_else(|| invalid("Name"))?;
    // AWS says nothing more.
    let parameter = parameter(region, name).ok_or_else(|| AwsError::new("ParameterNotFound", ""))?;
    Ok(json!({ "Parameter": parameter }))
}

/// Names without a parameter are told apart, and are no error.
fn get_parameters(region: &str, input: &Value) -> Result<Value, AwsError> {
    only(input, &["Names", "WithDecryption"])?;
    let names = input["Names"].as_array().ok_or_else(|| invalid("Names"))?;
    if names.is_empty() || names.len() > 10 {
        return Err(invalid("Names"));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let name = name.as_str().ok_or_else(|| invalid("Names"))?;
        match parameter(region, name) {
            Some(parameter) => found.push(parameter),
            None => missing.push(name),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": missing }))
}

fn parameter(region: &str, name: &str) -> Option<Value> {
    let image = images::of_parameter(region, name)?;
    Some(json!({
        "Name": name,
        "Type": "String",
        "Value": image.id,
        "Version": 1,
        "LastModifiedDate": image.published_at(),
        "ARN": format!("arn:aws:ssm:{region}::parameter{name}"),
        "DataType": if name.starts_with("/aws/service/canonical/") { "aws:ec2:image" } else { "text" },
    }))
}

/// What is not modelled is refused.
fn only(input: &Value, members: &[&str]) -> Result<(), AwsError> {
    let unknown = input.as_object().into_iter().flatten().find(|(name, _)| !members.contains(&name.as_str()));
    match unknown {
        Some((name, _)) => Err(AwsError::not_modelled(format!("the parameter {name}"))),
        None => Ok(()),
    }
}

fn invalid(member: &str) -> AwsError {
    AwsError::new("ValidationException", format!("Value at '{member}' failed to satisfy constraint"))
}
