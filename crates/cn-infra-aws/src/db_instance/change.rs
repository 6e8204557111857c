//! Changes an instance: a rename alone and first, everything else in one ModifyDBInstance.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modify;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::Readiness;
use cn_infra_core::manager::{Change, ErrorClass, ManageError, Progress, TagChange};

use super::impact::{means, value_at};
use super::request::{arn, group_ids, identifier, integer};
use super::{DbInstance, Storage, Waiting, normalize, snapshot, tags};
use crate::error::failed;

/// Fields that RDS changes at once, whatever `ApplyImmediately` says.
const ALWAYS_AT_ONCE: [&str; 12] = [
    "auto_minor_version_upgrade",
    "backup_window",
    "copy_tags_to_snapshot",
    "deletion_protection",
    "maintenance_window",
    "monitoring_interval",
    "monitoring_role",
    "parameter_group",
    "performance_insights",
    "port",
    "publicly_accessible",
    "security_groups",
];

pub(super) async fn update(
    rds: &Client,
    id: &PhysicalId,
    change: &Change<'_, DbInstance>,
) -> Result<Progress, ManageError> {
    if let Some(name) = change.name {
        return rename(rds, change, name).await;
    }
    apply_tags(rds, change).await?;
    let fields: Vec<_> = change.changed.iter().map(String::as_str).filter(|path| *path != "final_snapshot").collect();
    if fields.is_empty() {
        return Ok(Progress::Done);
    }
    refuse_stopped(change)?;
    let snapshot = match snapshot::before(rds, id, change).await? {
        snapshot::Before::NotAsked => None,
        snapshot::Before::Begun => return Ok(Progress::Again),
        snapshot::Before::Taken(arn) => Some(arn),
    };
    let call = modification(rds.modify_db_instance(), change)?;
    call.send().await.map_err(|error| failed("ModifyDBInstance", error))?;
    if let Some(snapshot) = snapshot {
        snapshot::mark_used(rds, &snapshot).await?;
    }
    let mut deferrable = fields.into_iter().filter(|path| !ALWAYS_AT_ONCE.contains(path)).peekable();
    if !change.desired.at_once() || deferrable.peek().is_none() {
        return Ok(Progress::Done);
    }
    if deferrable.all(|path| is_sent(change, path)) { Err(not_begun()) } else { Ok(Progress::Again) }
}

async fn rename(rds: &Client, change: &Change<'_, DbInstance>, name: &str) -> Result<Progress, ManageError> {
    let call = rds.modify_db_instance().db_instance_identifier(identifier(change.live)?);
    let call = call.new_db_instance_identifier(name).apply_immediately(true);
    call.send().await.map_err(|error| failed("ModifyDBInstance", error))?;
    let sent = change.live.live.waiting("name").is_some_and(|waiting| waiting.then == name);
    if sent { Err(not_begun()) } else { Ok(Progress::Again) }
}

/// An instance stays `available` for up to a minute after it was told to change. Told once more, it does no harm: that
/// also begins what waited for the maintenance window until now.
fn not_begun() -> ManageError {
    ManageError::new(ErrorClass::Busy, "RDS has taken the change and not begun it yet")
}

/// RDS would call it a passing state, but only somebody who starts the instance ends it.
fn refuse_stopped(change: &Change<'_, DbInstance>) -> Result<(), ManageError> {
    if change.live.readiness != Readiness::Failed("stopped".to_owned()) {
        return Ok(());
    }
    let name = identifier(change.live)?;
    let error = ManageError::new(ErrorClass::Invalid, "a stopped database cannot be changed");
    Err(error.hint(format!("start it first: aws rds start-db-instance --db-instance-identifier {name}")))
}

/// Whether what is wanted of a field waits in the instance already, or is about to begin.
pub(super) fn is_sent(change: &Change<'_, DbInstance>, path: &str) -> bool {
    let engine = normalize::engine(change.desired, &change.live.live);
    let waiting = change.live.live.waiting(path).zip(value_at(change.desired, path));
    waiting.is_some_and(|(waiting, wanted)| means(&engine, path, &wanted, &waiting.then))
}

async fn apply_tags(rds: &Client, change: &Change<'_, DbInstance>) -> Result<(), ManageError> {
    let mut tags = change.tags.clone();
    if change.touches("final_snapshot") {
        tags.set.extend(tags::final_snapshot(change.desired));
    }
    if tags == TagChange::default() {
        return Ok(());
    }
    tags::apply(rds, arn(change.live)?, &tags).await
}

/// The request: only what differs, except where RDS wants to be told more.
fn modification(call: Modify, change: &Change<'_, DbInstance>) -> Result<Modify, ManageError> {
    let it = change.desired;
    let mut call = call.db_instance_identifier(identifier(change.live)?).apply_immediately(at_once(change));
    for path in change.changed {
        call = match path.as_str() {
            "engine_version" => {
                call.set_engine_version(version(change)).set_allow_major_version_upgrade(it.allow_major_upgrade)
            }
            "class" => call.set_db_instance_class(it.class.clone()),
            "multi_az" => call.set_multi_az(it.multi_az),
            "backup_retention_days" => call.set_backup_retention_period(integer(it.backup_retention_days)),
            "backup_window" => call.set_preferred_backup_window(it.backup_window.clone()),
            "maintenance_window" => call.set_preferred_maintenance_window(it.maintenance_window.clone()),
            "publicly_accessible" => call.set_publicly_accessible(it.publicly_accessible),
            "port" => call.set_db_port_number(it.port.map(i32::from)),
            "security_groups" => call.set_vpc_security_group_ids(group_ids(it)?),
            "parameter_group" => call.set_db_parameter_group_name(it.parameter_group.clone()),
            "deletion_protection" => call.set_deletion_protection(it.deletion_protection),
            "auto_minor_version_upgrade" => call.set_auto_minor_version_upgrade(it.auto_minor_version_upgrade),
            "license_model" => call.set_license_model(it.license_model.clone()),
            "ca_certificate" => call.set_ca_certificate_identifier(it.ca_certificate.clone()),
            "performance_insights" => call.set_enable_performance_insights(it.performance_insights),
            // RDS takes the two together only.
            "monitoring_interval" | "monitoring_role" => call
                .set_monitoring_interval(integer(it.monitoring_interval.or(change.live.live.monitoring_interval)))
                .set_monitoring_role_arn(it.monitoring_role.clone()),
            "copy_tags_to_snapshot" => call.set_copy_tags_to_snapshot(it.copy_tags_to_snapshot),
            // Storage is set below, a tag holds the final snapshot, and nothing else can change.
            _ => call,
        };
    }
    Ok(if change.touches("storage") { storage(call, change) } else { call })
}

/// Storage with provisioned performance is changed as a whole: RDS refuses part of it. What waits is sent again, as
/// the value in effect would take it back.
fn storage(call: Modify, change: &Change<'_, DbInstance>) -> Modify {
    let desired = change.desired.storage.clone().unwrap_or_default();
    let mut live = change.live.live.clone();
    normalize::normalize(change.desired, &mut live);
    let engine = normalize::engine(change.desired, &live);
    let live = live.storage.unwrap_or_default();
    let merged = Storage {
        size_gib: desired.size_gib.max(grown(&change.live.live)).or(live.size_gib),
        storage_type: desired.storage_type.or(live.storage_type),
        iops: desired.iops.or(live.iops),
        throughput: desired.throughput.or(live.throughput),
    };
    let whole = is_provisioned(&merged, &engine);
    let Storage { size_gib, storage_type, iops, throughput } = merged;
    let changed = |path: &str| change.touches(path).then_some(());
    let or_whole = |path: &str| (whole || change.touches(path)).then_some(());
    call.set_allocated_storage(or_whole("storage.size_gib").and(integer(size_gib)))
        .set_iops(or_whole("storage.iops").and(integer(iops)))
        .set_storage_type(changed("storage.type").and(storage_type))
        .set_storage_throughput(changed("storage.throughput").and(integer(throughput)))
}

/// The size that RDS has grown the storage to by itself, from which it does not shrink.
fn grown(live: &DbInstance) -> Option<u32> {
    live.grows_to.and(live.storage.as_ref()?.size_gib)
}

/// Whether the volume has iops of its own. Small gp3 volumes have a fixed performance, and RDS refuses to hear of it.
fn is_provisioned(storage: &Storage, engine: &str) -> bool {
    let threshold = match engine {
        _ if engine.starts_with("sqlserver") => 0,
        _ if engine.starts_with("db2") => 100,
        _ if engine.starts_with("oracle") => 200,
        _ => 400,
    };
    match storage.storage_type.as_deref() {
        Some("io1" | "io2") => true,
        Some("gp3") => storage.size_gib.is_some_and(|size| size >= threshold),
        _ => false,
    }
}

/// Whether to send `ApplyImmediately`.
fn at_once(change: &Change<'_, DbInstance>) -> bool {
    change.desired.at_once() || takes_back_all(change)
}

/// What waits is taken back with `ApplyImmediately` only (RDS User Guide, "Using the schedule modifications setting").
/// That is safe where nothing else waits, and nothing else changes that could.
fn takes_back_all(change: &Change<'_, DbInstance>) -> bool {
    let Some(pending) = &change.live.live.pending else { return false };
    let withdrawn =
        |path: &String| pending.changes.get(path).is_some_and(|waiting| is_asked_for(change, path, waiting));
    let safe = |path: &String| withdrawn(path) || ALWAYS_AT_ONCE.contains(&path.as_str());
    pending.changes.keys().all(|path| change.changed.contains(path) && withdrawn(path))
        && !pending.changes.is_empty()
        && change.changed.iter().all(safe)
}

/// Whether what is in effect is what the file asks for.
fn is_asked_for(change: &Change<'_, DbInstance>, path: &str, waiting: &Waiting) -> bool {
    let engine = normalize::engine(change.desired, &change.live.live);
    let asked = value_at(change.desired, path);
    asked.zip(waiting.now.as_ref()).is_some_and(|(asked, now)| means(&engine, path, &asked, now))
}

/// The version to ask RDS for: the one in effect, where an upgrade that waits is taken back. A less exact one would
/// upgrade to the newest minor version.
fn version(change: &Change<'_, DbInstance>) -> Option<String> {
    let waiting = change.live.live.waiting("engine_version");
    let in_effect = waiting.filter(|waiting| is_asked_for(change, "engine_version", waiting));
    let now = in_effect.and_then(|waiting| waiting.now.as_ref()?.as_str()).map(str::to_owned);
    now.or_else(|| change.desired.engine_version.as_ref().map(ToString::to_string))
}
