//! A live instance in the words of a file.

use std::collections::BTreeMap;

use super::volume::{Disk, VolumeType};
use super::{Instance, State};

impl Instance {
    /// Takes out what AWS reports and a create would refuse, or what a file says by leaving it out.
    pub(super) fn say(&mut self) -> Vec<String> {
        if self.state == Some(State::Running) {
            self.state = None;
        }
        if let Some(disk) = &mut self.root_volume {
            (disk.iops, disk.throughput) = chosen(disk);
        }
        if let Some(volumes) = &mut self.volumes {
            let named = std::mem::take(volumes).into_iter().map(|(device, mut volume)| {
                (volume.iops, volume.throughput) = chosen(&volume.disk());
                (name_of(&device).to_owned(), volume)
            });
            *volumes = named.collect::<BTreeMap<_, _>>();
        }
        // The order of a reading is that of ids.
        if let Some(groups) = &mut self.security_groups {
            groups.sort();
        }
        // Its zone says where it is; the subnet is one of an account.
        match (self.availability_zone.is_some(), self.subnet.take()) {
            (true, Some(subnet)) => vec![format!("in {subnet}")],
            (_, subnet) => {
                self.subnet = subnet;
                Vec::new()
            }
        }
    }
}

/// Input and output operations and throughput, where the type lets them be chosen.
fn chosen(disk: &Disk) -> (Option<i32>, Option<i32>) {
    let iops = disk.iops.filter(|_| disk.volume_type.is_some_and(VolumeType::takes_iops));
    (iops, disk.throughput.filter(|_| disk.volume_type == Some(VolumeType::Gp3)))
}

/// `sdf` of `/dev/sdf`.
fn name_of(device: &str) -> &str {
    device.rsplit('/').next().unwrap_or(device)
}
