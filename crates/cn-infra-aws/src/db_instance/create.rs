//! Makes an instance, new or from a snapshot. The identifier is what keeps it from being made twice.

use aws_sdk_rds::types::DbInstance as Made;
use aws_sdk_rds::types::Tag;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{ErrorClass, ManageError, New};

use super::password::MasterPassword;
use super::request::{group_ids, integer};
use super::{DbInstance, DbInstances, Storage, tags};
use crate::error::{failed, made};
use crate::session::rds_once;

pub(super) async fn create(manager: &DbInstances, new: &New<'_, DbInstance>) -> Result<PhysicalId, ManageError> {
    let mut wanted = new.tags.clone();
    wanted.extend(tags::final_snapshot(new.resource));
    let tags = tags::to_tags(&wanted);
    let (what, instance) = match &new.resource.restore_from_snapshot {
        Some(snapshot) => ("RestoreDBInstanceFromDBSnapshot", restore(manager, new, snapshot, tags).await?),
        None => ("CreateDBInstance", create_new(manager, new, tags).await?),
    };
    made(what, instance.and_then(|instance| instance.dbi_resource_id))
}

async fn create_new(
    manager: &DbInstances,
    new: &New<'_, DbInstance>,
    tags: Vec<Tag>,
) -> Result<Option<Made>, ManageError> {
    let it = new.resource;
    let Storage { size_gib, storage_type, iops, throughput } = it.storage.clone().unwrap_or_default();
    let call = manager
        .rds
        .create_db_instance()
        .db_instance_identifier(new.name)
        .set_engine(it.engine.clone())
        .set_engine_version(it.engine_version.as_ref().map(ToString::to_string))
        .set_db_instance_class(it.class.clone())
        .set_allocated_storage(integer(size_gib))
        .set_storage_type(storage_type)
        .set_iops(integer(iops))
        .set_storage_throughput(integer(throughput))
        .set_db_name(it.database.clone())
        .set_master_username(it.master_username.clone())
        .set_multi_az(it.multi_az)
        .set_availability_zone(it.availability_zone.clone())
        .set_backup_retention_period(integer(it.backup_retention_days))
        .set_preferred_backup_window(it.backup_window.clone())
        .set_preferred_maintenance_window(it.maintenance_window.clone())
        .set_publicly_accessible(it.publicly_accessible)
        .set_port(it.port.map(i32::from))
        .set_vpc_security_group_ids(group_ids(it)?)
        .set_db_subnet_group_name(it.subnet_group.clone())
        .set_db_parameter_group_name(it.parameter_group.clone())
        // A key asks for encryption; RDS refuses it alone.
        .set_storage_encrypted(it.storage_encrypted.or(it.kms_key.as_ref().map(|_| true)))
        .set_kms_key_id(it.kms_key.clone())
        .set_deletion_protection(it.deletion_protection)
        .set_auto_minor_version_upgrade(it.auto_minor_version_upgrade)
        .set_license_model(it.license_model.clone())
        .set_ca_certificate_identifier(it.ca_certificate.clone())
        .set_enable_performance_insights(it.performance_insights)
        .set_monitoring_interval(integer(it.monitoring_interval))
        .set_monitoring_role_arn(it.monitoring_role.clone())
        .set_copy_tags_to_snapshot(it.copy_tags_to_snapshot)
        .set_tags(Some(tags));
    let call = match &it.master_password {
        Some(MasterPassword::Managed) => call.manage_master_user_password(true),
        Some(MasterPassword::Variable(variable)) => call.master_user_password(password(manager, variable)?),
        Some(MasterPassword::Unmanaged) | None => call,
    };
    let answer = call.customize().config_override(rds_once()).send().await;
    answer.map(|answer| answer.db_instance).map_err(|error| failed("CreateDBInstance", error))
}

/// The snapshot brings database, master user, password and encryption; what this call does not
/// know is set once the instance is there.
async fn restore(
    manager: &DbInstances,
    new: &New<'_, DbInstance>,
    snapshot: &str,
    tags: Vec<Tag>,
) -> Result<Option<Made>, ManageError> {
    let it = new.resource;
    let Storage { size_gib, storage_type, iops, throughput } = it.storage.clone().unwrap_or_default();
    let in_secrets_manager = it.master_password == Some(MasterPassword::Managed);
    let call = manager
        .rds
        .restore_db_instance_from_db_snapshot()
        .db_instance_identifier(new.name)
        .db_snapshot_identifier(snapshot)
        .set_engine(it.engine.clone())
        .set_db_instance_class(it.class.clone())
        .set_allocated_storage(integer(size_gib))
        .set_storage_type(storage_type)
        .set_iops(integer(iops))
        .set_storage_throughput(integer(throughput))
        .set_manage_master_user_password(in_secrets_manager.then_some(true))
        .set_multi_az(it.multi_az)
        .set_availability_zone(it.availability_zone.clone())
        .set_backup_retention_period(integer(it.backup_retention_days))
        .set_preferred_backup_window(it.backup_window.clone())
        .set_publicly_accessible(it.publicly_accessible)
        .set_port(it.port.map(i32::from))
        .set_vpc_security_group_ids(group_ids(it)?)
        .set_db_subnet_group_name(it.subnet_group.clone())
        .set_db_parameter_group_name(it.parameter_group.clone())
        .set_deletion_protection(it.deletion_protection)
        .set_auto_minor_version_upgrade(it.auto_minor_version_upgrade)
        .set_license_model(it.license_model.clone())
        .set_ca_certificate_identifier(it.ca_certificate.clone())
        .set_copy_tags_to_snapshot(it.copy_tags_to_snapshot)
        .set_tags(Some(tags));
    let answer = call.customize().config_override(rds_once()).send().await;
    answer.map(|answer| answer.db_instance).map_err(|error| failed("RestoreDBInstanceFromDBSnapshot", error))
}

/// The one place where a password is read; it goes into the request and nowhere else.
fn password(manager: &DbInstances, variable: &str) -> Result<String, ManageError> {
    (manager.variable)(variable).ok().filter(|password| !password.is_empty()).ok_or_else(|| {
        ManageError::new(ErrorClass::Invalid, format!("the environment variable {variable} holds no password"))
            .hint(format!("set {variable}, which master_password names, to the password that the database shall get"))
    })
}
