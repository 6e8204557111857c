//! What counts as equal, and what is wrong with fields taken together.

use std::collections::BTreeSet;

use cn_infra_core::resource::Problem;

use super::{Instance, volume};
use crate::ec2_id::is_id;

impl Instance {
    /// Whether this is a reading of an instance, and not the nothing that a create is compared with.
    fn is_reading(&self) -> bool {
        self.instance_type.is_some()
    }

    pub(super) fn compare_with(&mut self, live: &mut Self) {
        self.compare_groups(live);
        if live.is_reading() {
            self.compare_image(live);
            // Only an address of Amazon's shows what was asked for; an elastic IP takes its place, a stop gives it up.
            live.public_ip = live.public_ip.or(self.public_ip);
        }
        if let (Some(wanted), Some(live)) = (&self.metadata, &mut live.metadata) {
            wanted.normalize(live);
        }
        if let (Some(wanted), Some(live)) = (&self.root_volume, &mut live.root_volume) {
            wanted.normalize(live);
        }
        if let (Some(wanted), Some(live)) = (&self.volumes, &mut live.volumes) {
            volume::join(wanted, live);
        }
    }

    /// Groups are a set: live takes the file's order, so that only what differs shows.
    fn compare_groups(&mut self, live: &mut Self) {
        let Some(wanted) = &mut self.security_groups else { return };
        let mut seen = BTreeSet::new();
        wanted.retain(|group| seen.insert(group.clone()));
        if let Some(live) = &mut live.security_groups {
            let place = |group: &_| wanted.iter().position(|wanted| wanted == group).unwrap_or(wanted.len());
            live.sort_by(|one, other| (place(one), one).cmp(&(place(other), other)));
            live.dedup();
        }
    }

    /// AWS alone knows which image a parameter names, today as at creation, so any image is one that it may have named.
    fn compare_image(&self, live: &mut Self) {
        if self.image.as_deref().is_some_and(|image| image.starts_with(RESOLVE)) {
            live.image.clone_from(&self.image);
        }
    }

    pub(super) fn problems(&self, each: &mut dyn FnMut(Problem)) {
        if let (Some(_), Some(_)) = (&self.availability_zone, &self.subnet) {
            let problem = "a subnet lies in one zone: `availability_zone` and `subnet` cannot both be set";
            each(Problem::new("subnet", problem).hint("keep one of the two"));
        }
        if let Some(image) = self.image.as_deref().filter(|image| !is_id("ami-", image) && !image.starts_with(RESOLVE))
        {
            each(Problem::new("image", format!("{image:?} names no image")).hint(
                "write ami-0123456789abcdef0, or resolve:ssm:/aws/service/… with the name of a public parameter",
            ));
        }
        if let Some(subnet) = self.subnet.as_deref().filter(|subnet| !is_id("subnet-", subnet)) {
            each(Problem::new("subnet", format!("{subnet:?} is no subnet id")).hint("write subnet-0123456789abcdef0"));
        }
        if self.security_groups.as_ref().is_some_and(Vec::is_empty) {
            each(
                Problem::new("security_groups", "a server has at least one security group")
                    .hint("name one, or leave the field out: the VPC's default group is used"),
            );
        }
        if let Some(metadata) = &self.metadata {
            metadata.validate(each);
        }
        if let Some(disk) = &self.root_volume {
            disk.validate("root_volume", each);
        }
        if let Some(volumes) = &self.volumes {
            volume::validate(volumes, each);
        }
        if let Some(user_data) = &self.user_data {
            user_data.validate(each);
        }
    }
}

/// How an image begins that RunInstances looks up in a parameter of Systems Manager.
pub(super) const RESOLVE: &str = "resolve:ssm:";
