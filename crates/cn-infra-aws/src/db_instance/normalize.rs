//! Brings desired and live into a form in which equal meaning is equal value.

use serde::de::DeserializeOwned;

use super::password::MasterPassword;
use super::version::Distance;
use super::{DbInstance, EngineVersion, Storage};

/// Only the live side changes: what it holds that the desired side accepts becomes what the desired side says.
pub(super) fn normalize(desired: &DbInstance, live: &mut DbInstance) {
    settle_pending(desired, live);
    accept_growth(desired, live);
    let engine = engine(desired, live);
    accept(&mut live.engine_version, desired.engine_version.as_ref(), |asked, live| {
        asked.distance(live, &engine) == Distance::Accepted
    });
    accept(&mut live.master_password, desired.master_password.as_ref(), |asked, live| {
        matches!((asked, live), (MasterPassword::Variable(_), MasterPassword::Unmanaged))
    });
    accept(&mut live.kms_key, desired.kms_key.as_ref(), |asked, live| same_key(asked, live));
    // After a failover the two zones have changed places.
    let standby = live.multi_az == Some(true);
    accept(&mut live.availability_zone, desired.availability_zone.as_ref(), |_, _| standby);
    // RDS keeps these in lower case.
    let DbInstance { maintenance_window, parameter_group, subnet_group, .. } = desired;
    accept(&mut live.maintenance_window, maintenance_window.as_ref(), |a, b| a.eq_ignore_ascii_case(b));
    accept(&mut live.parameter_group, parameter_group.as_ref(), |a, b| a.eq_ignore_ascii_case(b));
    accept(&mut live.subnet_group, subnet_group.as_ref(), |a, b| a.eq_ignore_ascii_case(b));
}

/// Where RDS grows the storage by itself, the size asked for is the least: it never shrinks back to it.
fn accept_growth(desired: &DbInstance, live: &mut DbInstance) {
    let Some(asked) = desired.storage.as_ref().and_then(|storage| storage.size_gib) else { return };
    if let (Some(_), Some(Storage { size_gib: Some(size), .. })) = (live.grows_to, &mut live.storage) {
        *size = asked.min(*size);
    }
}

/// The engine, by which versions are read.
pub(super) fn engine(desired: &DbInstance, live: &DbInstance) -> String {
    desired.engine.as_ref().or(live.engine.as_ref()).cloned().unwrap_or_default()
}

/// Writes a live value as the file does, where both mean the same.
fn accept<T: Clone>(live: &mut Option<T>, desired: Option<&T>, same: impl Fn(&T, &T) -> bool) {
    if let (Some(asked), Some(found)) = (desired, live.as_ref())
        && same(asked, found)
    {
        *live = Some(asked.clone());
    }
}

/// Puts what waits in the place of what is, where that is what counts.
fn settle_pending(desired: &DbInstance, live: &mut DbInstance) {
    if live.pending.is_none() {
        return;
    }
    let engine = engine(desired, live);
    let waiting = live.pending.clone().unwrap_or_default().changes;
    let get = |path: &str| waiting.get(path);
    let at_once = desired.at_once();
    let same_version =
        |asked: &EngineVersion, live: &EngineVersion| asked.distance(live, &engine) == Distance::Accepted;
    let storage = desired.storage.clone().unwrap_or_default();
    let Storage { size_gib, storage_type, iops, throughput } = &storage;
    let mut settled = live.storage.take().unwrap_or_default();
    for (path, live, desired) in [
        ("storage.size_gib", &mut settled.size_gib, size_gib),
        ("storage.iops", &mut settled.iops, iops),
        ("storage.throughput", &mut settled.throughput, throughput),
        ("backup_retention_days", &mut live.backup_retention_days, &desired.backup_retention_days),
    ] {
        settle(live, desired.as_ref(), get(path), at_once, u32::eq);
    }
    for (path, live, desired) in [
        ("storage.type", &mut settled.storage_type, storage_type),
        ("class", &mut live.class, &desired.class),
        ("license_model", &mut live.license_model, &desired.license_model),
        ("ca_certificate", &mut live.ca_certificate, &desired.ca_certificate),
        ("subnet_group", &mut live.subnet_group, &desired.subnet_group),
    ] {
        settle(live, desired.as_ref(), get(path), at_once, |a, b| a.eq_ignore_ascii_case(b));
    }
    settle(&mut live.engine_version, desired.engine_version.as_ref(), get("engine_version"), at_once, same_version);
    settle(&mut live.multi_az, desired.multi_az.as_ref(), get("multi_az"), at_once, bool::eq);
    settle(&mut live.port, desired.port.as_ref(), get("port"), at_once, u16::eq);
    live.storage = (settled != Storage::default()).then_some(settled);
}

/// One field of [`settle_pending`].
fn settle<T: DeserializeOwned>(
    live: &mut Option<T>,
    desired: Option<&T>,
    waiting: Option<&super::Waiting>,
    at_once: bool,
    same: impl Fn(&T, &T) -> bool,
) {
    let Some(then) = waiting.and_then(super::Waiting::then) else { return };
    let is = |value: &T| desired.is_some_and(|desired| same(desired, value));
    // At once, what is in effect is compared; yet it is a difference that something else than desired waits.
    let unasked = live.as_ref().is_some_and(is) && !is(&then);
    if !at_once || unasked {
        *live = Some(then);
    }
}

/// RDS reports the key's ARN. Which key an alias stands for, only KMS could tell.
fn same_key(asked: &str, live: &str) -> bool {
    asked.contains("alias/") || live.rsplit_once('/').is_some_and(|(_, id)| id == asked)
}
