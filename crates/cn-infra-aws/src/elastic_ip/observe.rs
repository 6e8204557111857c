//! Reading elastic IPs. `DescribeAddresses` has no pages.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Address;
use cn_infra_core::address::{PhysicalId, Ref};
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::ManageError;
use cn_infra_core::owner::NAME;

use super::{ElasticIp, Target};
use crate::ec2_tags;
use crate::error::failed;

/// All addresses of the region: only among all of them a doubled one is seen, and an account has few.
pub(super) async fn addresses(ec2: &Client) -> Result<Vec<Address>, ManageError> {
    let answer = ec2.describe_addresses().send().await;
    Ok(answer.map_err(|error| failed("DescribeAddresses", error))?.addresses.unwrap_or_default())
}

/// One address as AWS reports it.
pub(super) fn observed(address: Address) -> Option<Observed<ElasticIp>> {
    let id = PhysicalId(address.allocation_id?);
    let tags = ec2_tags::from_tags(&address.tags.unwrap_or_default());
    let aliases = address.public_ip.iter().cloned().map(PhysicalId).collect();
    let outputs = [
        ("allocation_id", Some(id.0.clone())),
        ("public_ip", address.public_ip),
        ("private_ip", address.private_ip_address),
    ];
    let filled = |id: Option<String>| id.filter(|id| !id.is_empty());
    let points_at = filled(address.instance_id).or_else(|| filled(address.network_interface_id));
    let target = points_at.map_or(Target::None, |id| Target::Instance(Ref::foreign(id)));
    Some(Observed {
        id,
        aliases,
        name: tags.get(NAME).cloned(),
        token: None,
        tags,
        live: ElasticIp { instance: Some(target) },
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: outputs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
    })
}
