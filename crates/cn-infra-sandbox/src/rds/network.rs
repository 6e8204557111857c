//! What RDS asks of EC2: subnets, and security groups.

use crate::context::Context;
use crate::error::AwsError;

/// A subnet as RDS knows it.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// Its availability zone.
    pub zone: String,
    /// Its VPC.
    pub vpc: String,
}

/// The subnets of the default VPC, one in each zone.
pub fn default_subnets(context: &Context<'_>) -> Vec<Subnet> {
    let zones = ["a", "b", "c"].map(|letter| format!("{}{letter}", context.region));
    zones.into_iter().map(|zone| Subnet { id: format!("subnet-{zone}"), zone, vpc: "vpc-default".to_owned() }).collect()
}

/// The subnet of an id.
pub fn subnet(context: &Context<'_>, id: &str) -> Option<Subnet> {
    default_subnets(context).into_iter().find(|subnet| subnet.id == id)
}

/// The group `default` of a VPC.
pub fn default_group(_context: &Context<'_>, _vpc: &str) -> String {
    "sg-default".to_owned()
}

/// The groups asked for, once it is clear that the VPC has each; `None`: its default group.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn groups(context: &Context<'_>, vpc: &str, asked: Option<Vec<String>>) -> Result<Vec<String>, AwsError> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(vec![default_group(context, vpc)]) };
    match asked.iter().find(|id| !has_group(context, vpc, id)) {
        None => Ok(asked),
        Some(id) => {
            let message = format!("Invalid security group , groupId= {id}, groupName=.");
            Err(AwsError::new("InvalidParameterValue", message))
        }
    }
}

fn has_group(_context: &Context<'_>, _vpc: &str, id: &str) -> bool {
    id.starts_with("sg-")
}
