//! What RDS asks of EC2: subnets, and security groups.

use crate::context::Context;
use crate::ec2::{Subnet, default_group};
use crate::error::AwsError;

/// The subnets of the default VPC, one in each zone.
pub fn default_subnets(context: &Context<'_>) -> Vec<Subnet> {
    let mut subnets: Vec<_> = context.ec2.subnets.values().filter(|subnet| subnet.is_default).cloned().collect();
    subnets.sort_by(|a, b| a.zone.cmp(&b.zone));
    subnets
}

/// The subnet of an id.
///
/// # Errors
/// `InvalidSubnet`.
pub fn subnet(context: &Context<'_>, id: &str) -> Result<Subnet, AwsError> {
    let unknown = || AwsError::new("InvalidSubnet", format!("Subnet IDs are invalid: {id}"));
    context.ec2.subnets.get(id).filter(|subnet| context.can_see(subnet.made)).cloned().ok_or_else(unknown)
}

/// The groups asked for, once it is clear that the VPC has each; none: its default group.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn groups(context: &Context<'_>, vpc: &str, asked: Option<Vec<String>>) -> Result<Vec<String>, AwsError> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return Ok(default_group(context.ec2, vpc).map(|group| group.id.clone()).into_iter().collect());
    };
    let group = |id: &str| context.ec2.groups.get(id).filter(|group| context.can_see(group.made));
    for id in &asked {
        let why = match group(id) {
            Some(group) if group.vpc == vpc => continue,
            Some(group) => format!(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in {vpc} and the EC2 \
                 security group is in {}",
                group.vpc
            ),
            None => format!("Invalid security group , groupId= {id}, groupName=."),
        };
        return Err(AwsError::new("InvalidParameterValue", why));
    }
    Ok(asked)
}
