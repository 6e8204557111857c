//! A live database in the words of a file.

use cn_infra_core::export::Exporting;

use super::password::MasterPassword;
use super::{DbInstance, Storage};

/// From this size in GiB on, iops and throughput of gp3 storage can be chosen.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage>
const LARGE_GP3: u32 = 400;

/// Takes out what AWS reports and a create would refuse, and asks for the password that cannot be read.
pub(super) fn say(it: &mut DbInstance, exporting: &Exporting<'_>) -> Vec<String> {
    if let Some(storage) = &mut it.storage {
        choose(storage);
    }
    if it.multi_az == Some(true) {
        it.availability_zone = None;
    }
    if it.master_password != Some(MasterPassword::Unmanaged) {
        return Vec::new();
    }
    let name = exporting.address.name.to_uppercase().replace('-', "_");
    it.master_password = Some(MasterPassword::Variable(format!("{name}_PASSWORD")));
    vec!["its password is not known: the variable is read only where the database is made anew".to_owned()]
}

fn choose(storage: &mut Storage) {
    let small = storage.size_gib.is_some_and(|size| size < LARGE_GP3);
    let chosen = match storage.storage_type.as_deref() {
        Some("io1" | "io2") => true,
        Some("gp3") => !small,
        _ => false,
    };
    if !chosen {
        storage.iops = None;
        storage.throughput = None;
    }
}
