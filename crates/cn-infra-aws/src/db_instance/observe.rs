//! Reads instances: one paginated call for all, with tags, status and waiting changes in it.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbInstance as Found, DbParameterGroupStatus, Endpoint, Filter, PendingModifiedValues};
use cn_infra_core::address::{PhysicalId, Ref};
use cn_infra_core::live::{Observed, Outputs, Readiness};
use cn_infra_core::manager::{ManageError, Scope};

use super::password::MasterPassword;
use super::rules::is_cluster_engine;
use super::{DbInstance, EngineVersion, Pending, Storage, tags};
use crate::error::failed;

/// The most that one page of `DescribeDBInstances` holds.
const PAGE: i32 = 100;

pub(super) async fn observe(
    rds: &Client,
    scope: &Scope<'_, DbInstance>,
) -> Result<Vec<Observed<DbInstance>>, ManageError> {
    // More than a page of them is more than is worth a filter.
    let only = scope.only.filter(|ids| (1..=100).contains(&ids.len())).map(|ids| {
        let ids = ids.iter().map(|id| id.0.clone()).collect();
        Filter::builder().name("dbi-resource-id").set_values(Some(ids)).build()
    });
    let call = rds.describe_db_instances().set_filters(only.map(|filter| vec![filter]));
    let mut pages = call.into_paginator().page_size(PAGE).items().send();
    let mut observed = Vec::new();
    while let Some(found) = pages.next().await {
        let found = found.map_err(|error| failed("DescribeDBInstances", error))?;
        observed.extend(of(&found).filter(|object| scope.includes(&object.id.0)));
    }
    Ok(observed)
}

/// The instance as an object of ours; `None` for members of clusters, also of PostgreSQL's and MySQL's own engines.
fn of(found: &Found) -> Option<Observed<DbInstance>> {
    let of_cluster = found.db_cluster_identifier().is_some_and(|cluster| !cluster.is_empty());
    if of_cluster || found.engine().is_some_and(is_cluster_engine) {
        return None;
    }
    let tags = tags::from_tags(found.tag_list());
    let final_snapshot = tags::final_snapshot_of(&tags);
    Some(Observed {
        id: PhysicalId(found.dbi_resource_id()?.to_owned()),
        // Not the identifier: a bucket may bear the same name.
        aliases: found.db_instance_arn().map(PhysicalId::from).into_iter().collect(),
        name: found.db_instance_identifier().map(str::to_owned),
        token: None,
        tags,
        live: DbInstance { final_snapshot, pending: pending(found).if_any(), ..fields(found) },
        readiness: readiness(found.db_instance_status().unwrap_or("unknown")),
        unfinished: None,
        outputs: outputs(found),
    })
}

fn fields(found: &Found) -> DbInstance {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let managed = found.master_user_secret().is_some();
    DbInstance {
        engine: text(found.engine()),
        engine_version: found.engine_version().map(|version| EngineVersion(version.to_owned())),
        class: text(found.db_instance_class()),
        storage: Some(Storage {
            size_gib: natural(found.allocated_storage()),
            storage_type: text(found.storage_type()),
            iops: natural(found.iops()),
            throughput: natural(found.storage_throughput()),
        }),
        database: text(found.db_name()),
        master_username: text(found.master_username()),
        master_password: Some(if managed { MasterPassword::Managed } else { MasterPassword::Unmanaged }),
        multi_az: found.multi_az(),
        availability_zone: text(found.availability_zone()),
        backup_retention_days: natural(found.backup_retention_period()),
        backup_window: text(found.preferred_backup_window()),
        maintenance_window: text(found.preferred_maintenance_window()),
        publicly_accessible: found.publicly_accessible(),
        port: port(found),
        security_groups: Some(
            // A group that is being added is as good as there, one that is being removed as good as gone.
            (found.vpc_security_groups().iter().filter(|group| group.status() != Some("removing")))
                .filter_map(|group| group.vpc_security_group_id())
                .map(Ref::foreign)
                .collect(),
        ),
        subnet_group: text(found.db_subnet_group().and_then(|group| group.db_subnet_group_name())),
        parameter_group: found.db_parameter_groups().first().and_then(|group| text(group.db_parameter_group_name())),
        storage_encrypted: found.storage_encrypted(),
        kms_key: text(found.kms_key_id()),
        deletion_protection: found.deletion_protection(),
        auto_minor_version_upgrade: found.auto_minor_version_upgrade(),
        license_model: text(found.license_model()),
        ca_certificate: text(found.ca_certificate_identifier()),
        performance_insights: found.performance_insights_enabled(),
        monitoring_interval: natural(found.monitoring_interval()),
        monitoring_role: text(found.monitoring_role_arn()),
        copy_tags_to_snapshot: found.copy_tags_to_snapshot(),
        grows_to: natural(found.max_allocated_storage()),
        ..DbInstance::default()
    }
}

fn natural(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| number.try_into().ok())
}

/// The port of the endpoint. RDS reports `DbInstancePort` as 0, and no endpoint while it creates the instance.
fn port(found: &Found) -> Option<u16> {
    let endpoint = found.endpoint().and_then(Endpoint::port);
    endpoint.or(found.db_instance_port()).and_then(|port| port.try_into().ok()).filter(|port| *port != 0)
}

fn outputs(found: &Found) -> Outputs {
    let certificate = found.certificate_details().and_then(|details| details.ca_identifier());
    let outputs = [
        ("endpoint", found.endpoint().and_then(|endpoint| endpoint.address()).map(str::to_owned)),
        ("port", port(found).map(|port| port.to_string())),
        ("arn", found.db_instance_arn().map(str::to_owned)),
        ("secret_arn", found.master_user_secret().and_then(|secret| secret.secret_arn()).map(str::to_owned)),
        ("ca", certificate.or(found.ca_certificate_identifier()).map(str::to_owned)),
        ("resource_id", found.dbi_resource_id().map(str::to_owned)),
    ];
    outputs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What waits. Left out is what RDS carries out without the window: the password, log exports, automation.
fn pending(found: &Found) -> Pending {
    let mut pending = Pending { reboot: waits_for_reboot(found.db_parameter_groups()), ..Pending::default() };
    let Some(then) = found.pending_modified_values() else { return pending };
    let now = fields(found);
    let storage = now.storage.unwrap_or_default();
    let text = |text: Option<&str>| text.map(str::to_owned);
    let identifier = text(found.db_instance_identifier());
    let version = then.engine_version().map(|version| EngineVersion(version.to_owned()));
    let port = then.port().and_then(|port| u16::try_from(port).ok());
    pending.add("name", identifier.as_ref(), text(then.db_instance_identifier()));
    pending.add("class", now.class.as_ref(), text(then.db_instance_class()));
    pending.add("engine_version", now.engine_version.as_ref(), version);
    pending.add("storage.size_gib", storage.size_gib.as_ref(), natural(then.allocated_storage()));
    pending.add("storage.type", storage.storage_type.as_ref(), text(then.storage_type()));
    pending.add("storage.iops", storage.iops.as_ref(), natural(then.iops()));
    pending.add("storage.throughput", storage.throughput.as_ref(), natural(then.storage_throughput()));
    pending.add("multi_az", now.multi_az.as_ref(), then.multi_az());
    let days = natural(then.backup_retention_period());
    pending.add("backup_retention_days", now.backup_retention_days.as_ref(), days);
    pending.add("port", now.port.as_ref(), port);
    pending.add("license_model", now.license_model.as_ref(), text(then.license_model()));
    pending.add("ca_certificate", now.ca_certificate.as_ref(), text(then.ca_certificate_identifier()));
    pending.add("subnet_group", now.subnet_group.as_ref(), text(then.db_subnet_group_name()));
    add_unmanaged(&mut pending, then);
    pending
}

/// What waits of settings that are no fields of this kind: an immediate change would carry them out too.
fn add_unmanaged(pending: &mut Pending, then: &PendingModifiedValues) {
    let iam = then.iam_database_authentication_enabled();
    let processor = !then.processor_features().is_empty();
    let volumes = !then.additional_storage_volumes().is_empty();
    pending.add("iam_database_authentication", None, iam);
    pending.add("multi_tenant", None, then.multi_tenant());
    pending.add("dedicated_log_volume", None, then.dedicated_log_volume());
    pending.add("engine", None, then.engine().map(str::to_owned));
    pending.add("processor_features", None, processor.then_some("changed"));
    pending.add("additional_storage_volumes", None, volumes.then_some("changed"));
}

fn waits_for_reboot(groups: &[DbParameterGroupStatus]) -> Option<String> {
    let waiting = groups.iter().find(|group| group.parameter_apply_status() == Some("pending-reboot"))?;
    waiting.db_parameter_group_name().map(str::to_owned)
}

/// "Viewing Amazon RDS DB instance status" in the RDS User Guide.
fn readiness(status: &str) -> Readiness {
    let word = status.to_owned();
    match status {
        // Both of the last are usable, and last for hours.
        "available" | "storage-optimization" | "storage-initialization" => Readiness::Ready,
        "deleting" | "delete-precheck" => Readiness::Leaving(word),
        // A stopped database cannot be modified: it has to be started first.
        "failed" | "restore-error" | "storage-full" | "insufficient-capacity" | "stopped" => Readiness::Failed(word),
        _ if status.starts_with("incompatible-") || status.starts_with("inaccessible-") => Readiness::Failed(word),
        _ => Readiness::Pending(word),
    }
}
