//! Filters of EC2's Describe calls.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;
use cn_infra_core::address::PhysicalId;

/// As many values as AWS takes in one filter.
const VALUES: std::ops::RangeInclusive<usize> = 1..=200;

/// A filter for the objects asked for. Unlike a list of ids it does not fail as a whole for one that is gone.
///
/// None where all objects are to be read: all are asked for, or more than a filter takes. Who calls it drops the others.
pub(crate) fn of_ids(name: &str, only: Option<&BTreeSet<PhysicalId>>) -> Option<Vec<Filter>> {
    let only = only.filter(|only| VALUES.contains(&only.len()))?;
    let ids = only.iter().map(|id| id.0.clone()).collect();
    Some(vec![Filter::builder().name(name).set_values(Some(ids)).build()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_has_as_many_values_as_aws_takes() {
        let ids = |count: usize| (0..count).map(|n| PhysicalId(format!("i-{n}"))).collect::<BTreeSet<_>>();
        let values = |count| of_ids("instance-id", Some(&ids(count))).map(|filters| filters[0].values().len());
        assert_eq!([0, 1, 200, 201].map(values), [None, Some(1), Some(200), None]);
        assert!(of_ids("instance-id", None).is_none());
    }
}
