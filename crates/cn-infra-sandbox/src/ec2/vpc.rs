//! VPCs and their subnets.

use jiff::Timestamp;

use super::Ec2;
use crate::context::Operation;

/// The operations on VPCs and subnets.
pub const OPERATIONS: &[Operation] = &[];

/// Makes the default VPC with its subnets and default group.
pub fn begin(_ec2: &mut Ec2, _account: &str, _region: &str, _now: Timestamp) {}
