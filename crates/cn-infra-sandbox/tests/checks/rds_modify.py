"""RDS: changes that take effect at once, whatever ApplyImmediately says, and changes that are asked for at once."""

import json

from databases import BIGGER_CLASS, CLASS, DAY, HOUR, MINUTE, Database
from sandbox import expect_error, unique


def _at_once(aws, seen_as, wanted, start=None, **change):
    """Makes the change without ApplyImmediately: it must be there within the hour, and nothing pending."""
    database = Database.available(aws, **(start or {}))
    assert database.now().get(seen_as) != wanted, "the change would be none"
    database.modify(ApplyImmediately=False, **change)
    assert seen_as not in database.pending()
    database.settle()
    assert database.now().get(seen_as) == wanted, database.now().get(seen_as)
    assert not database.pending(), database.pending()


def deletion_protection_changes_at_once(aws):
    """DeletionProtection takes effect whatever ApplyImmediately says."""
    _at_once(aws, "DeletionProtection", True, DeletionProtection=True)


def the_backup_window_changes_at_once(aws):
    """PreferredBackupWindow takes effect whatever ApplyImmediately says."""
    start = {"PreferredBackupWindow": "07:00-07:30", **_far(aws)}
    _at_once(aws, "PreferredBackupWindow", "08:00-08:30", start, PreferredBackupWindow="08:00-08:30")


def _far(aws):
    """A maintenance window that cannot meet the backup windows of these checks, nor pass during one."""
    day = Database(aws, create=False).request()["PreferredMaintenanceWindow"][:3]
    return {"PreferredMaintenanceWindow": f"{day}:15:00-{day}:15:30"}


def the_maintenance_window_changes_at_once(aws):
    """PreferredMaintenanceWindow takes effect whatever ApplyImmediately says."""
    window = _far(aws)["PreferredMaintenanceWindow"]
    start = {"PreferredBackupWindow": "07:00-07:30", "PreferredMaintenanceWindow": window.replace("15:", "17:")}
    _at_once(aws, "PreferredMaintenanceWindow", window, start, PreferredMaintenanceWindow=window)


def copying_tags_changes_at_once(aws):
    """CopyTagsToSnapshot takes effect whatever ApplyImmediately says."""
    _at_once(aws, "CopyTagsToSnapshot", True, CopyTagsToSnapshot=True)


def public_access_changes_at_once(aws):
    """PubliclyAccessible takes effect whatever ApplyImmediately says."""
    _at_once(aws, "PubliclyAccessible", False, {"PubliclyAccessible": True}, PubliclyAccessible=False)


def performance_insights_change_at_once(aws):
    """Performance Insights are turned on whatever ApplyImmediately says."""
    start = {"DBInstanceClass": "db.m5.large"}
    _at_once(aws, "PerformanceInsightsEnabled", True, start, EnablePerformanceInsights=True)


def monitoring_changes_at_once(aws):
    """MonitoringInterval takes effect whatever ApplyImmediately says."""
    trust = {"Effect": "Allow", "Principal": {"Service": "monitoring.rds.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.iam.create_role(RoleName="rds-monitoring-role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    _at_once(aws, "MonitoringInterval", 60, MonitoringInterval=60, MonitoringRoleArn=role)


def retention_between_two_lengths_changes_at_once(aws):
    """BackupRetentionPeriod from one length to another takes effect whatever ApplyImmediately says."""
    _at_once(aws, "BackupRetentionPeriod", 7, {"BackupRetentionPeriod": 3}, BackupRetentionPeriod=7)


def the_minor_upgrade_flag_changes_at_once(aws):
    """AutoMinorVersionUpgrade takes effect whatever ApplyImmediately says."""
    _at_once(aws, "AutoMinorVersionUpgrade", False, AutoMinorVersionUpgrade=False)


def security_groups_change_at_once(aws):
    """VpcSecurityGroupIds replaces the whole set whatever ApplyImmediately says."""
    database, groups = Database.available(aws), [aws.group(), aws.group()]
    database.modify(ApplyImmediately=False, VpcSecurityGroupIds=groups)
    database.settle()
    live = database.now()["VpcSecurityGroups"]
    assert sorted(group["VpcSecurityGroupId"] for group in live) == sorted(groups), live
    assert {group["Status"] for group in live} == {"active"}, live
    assert not database.pending()


def the_port_changes_at_once(aws):
    """DBPortNumber restarts the database at once, whatever ApplyImmediately says."""
    database = Database.available(aws)
    database.modify(ApplyImmediately=False, DBPortNumber=6543)
    seen = database.watch(30 * MINUTE)
    assert database.now()["Endpoint"]["Port"] == 6543, database.now()["Endpoint"]
    assert not database.pending(), database.pending()
    assert len(seen) > 1 and seen[-1] == "available", seen


def a_new_password_is_set_at_once(aws):
    """A new master password takes effect whatever ApplyImmediately says, and is never told."""
    database = Database.available(aws)
    answer = database.modify(ApplyImmediately=False, MasterUserPassword="another-long-password")
    assert "another-long-password" not in str(answer)
    assert answer["PendingModifiedValues"].get("MasterUserPassword") == "****", answer["PendingModifiedValues"]
    database.settle()
    assert not database.pending(), database.pending()


def a_managed_password_can_be_turned_on_later(aws):
    """ManageMasterUserPassword turned on later replaces the password by a secret at once."""
    database = Database.available(aws)
    database.modify(ApplyImmediately=False, ManageMasterUserPassword=True)
    database.settle()
    assert database.now()["MasterUserSecret"]["SecretStatus"] == "active", database.now()["MasterUserSecret"]


def a_class_change_is_seen_as_modifying(aws):
    """With ApplyImmediately a new class is pending in the answer, then the database is modifying, then has it."""
    database = Database.available(aws)
    answer = database.apply(DBInstanceClass=BIGGER_CLASS)
    assert answer["DBInstanceClass"] == CLASS
    assert answer["PendingModifiedValues"] == {"DBInstanceClass": BIGGER_CLASS}, answer["PendingModifiedValues"]
    seen = database.watch(HOUR)
    assert "modifying" in seen and seen[-1] == "available", seen
    assert database.now()["DBInstanceClass"] == BIGGER_CLASS
    assert not database.pending()


def a_modifying_database_is_busy(aws):
    """While modifying, another modify, a reboot and a snapshot are refused: InvalidDBInstanceState."""
    database = Database.available(aws)
    database.apply(DBInstanceClass=BIGGER_CLASS)
    database.until("modifying")
    expect_error("InvalidDBInstanceState", database.apply, DBInstanceClass="db.t3.xlarge")
    expect_error("InvalidDBInstanceState", database.reboot)
    expect_error("InvalidDBInstanceState", database.snapshot)


def more_storage_is_optimized_for_hours(aws):
    """More storage leads from modifying to a long storage-optimization, with the new size, and to available."""
    database = Database.available(aws, AllocatedStorage=100)
    database.apply(AllocatedStorage=200)
    seen = database.until("storage-optimization", limit=2 * HOUR)
    assert "modifying" in seen, seen
    assert database.now()["AllocatedStorage"] == 200
    aws.advance(30 * MINUTE)
    assert database.status() == "storage-optimization"
    database.until("available", step=10 * MINUTE, limit=2 * DAY)
    assert database.now()["AllocatedStorage"] == 200


def storage_cannot_change_again_while_it_is_optimized(aws):
    """During storage-optimization another storage change is refused: InvalidParameterCombination."""
    database = Database.available(aws, AllocatedStorage=100)
    database.apply(AllocatedStorage=200)
    database.until("storage-optimization", limit=2 * HOUR)
    expect_error("InvalidParameterCombination", database.apply, AllocatedStorage=300)


def an_optimized_database_can_still_be_modified(aws):
    """During storage-optimization the database works, and settings other than storage can be changed."""
    database = Database.available(aws, AllocatedStorage=100)
    database.apply(AllocatedStorage=200)
    database.until("storage-optimization", limit=2 * HOUR)
    database.modify(DeletionProtection=True)
    database.settle()
    assert database.now()["DeletionProtection"] is True


def storage_never_shrinks(aws):
    """Less storage than there is is refused, deferred or not, and the size stays."""
    database = Database.available(aws, AllocatedStorage=100)
    for call in (database.apply, database.modify):
        expect_error(("InvalidParameterCombination", "InvalidParameterValue"), call, AllocatedStorage=50)
    assert database.now()["AllocatedStorage"] == 100 and not database.pending()


def provisioned_storage_needs_its_iops_with_a_new_size(aws):
    """A new size of io1 storage without its IOPS is refused: InvalidParameterCombination."""
    database = Database.available(aws, StorageType="io1", AllocatedStorage=100, Iops=1000)
    expect_error("InvalidParameterCombination", database.apply, AllocatedStorage=200)
    database.apply(AllocatedStorage=200, Iops=1000)


def storage_changes_its_type(aws):
    """gp2 becomes gp3 in place, and then reports the baseline of gp3."""
    database = Database.available(aws, StorageType="gp2", AllocatedStorage=100)
    database.apply(StorageType="gp3")
    database.settle()
    it = database.now()
    assert (it["StorageType"], it.get("Iops"), it.get("StorageThroughput")) == ("gp3", 3000, 125)


def a_rename_changes_the_endpoint_and_keeps_the_resource_id(aws):
    """A rename changes identifier, endpoint and ARN; the DbiResourceId and the tags stay; the old name is gone."""
    database, name = Database.available(aws, Tags=[{"Key": "Name", "Value": "old"}]), unique("renamed")
    before, old = database.now(), database.name
    database.apply(NewDBInstanceIdentifier=name)
    database.name = _renamed(database, name)
    after = database.now()
    assert after["Endpoint"]["Address"] == before["Endpoint"]["Address"].replace(old, name, 1), after["Endpoint"]
    assert after["DBInstanceArn"] == before["DBInstanceArn"].replace(old, name)
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert after["TagList"] == before["TagList"]
    database.name = old
    expect_error("DBInstanceNotFound", database.now)


def _renamed(database, name):
    """Lets time pass until the database is available under its new name."""
    for _ in range(60):
        live = database.rds.describe_db_instances()["DBInstances"]
        if [it["DBInstanceStatus"] for it in live if it["DBInstanceIdentifier"] == name] == ["available"]:
            return name
        database.aws.advance(MINUTE)
    raise AssertionError(f"not renamed to {name} after an hour")


def a_rename_is_seen(aws):
    """While it is renamed, the database has the status renaming."""
    database, name, seen = Database.available(aws), unique("renamed"), set()
    database.apply(NewDBInstanceIdentifier=name)
    for _ in range(80):
        seen |= {it["DBInstanceStatus"] for it in aws.rds.describe_db_instances()["DBInstances"]}
        aws.advance(15)
    assert "renaming" in seen, seen


def a_rename_to_a_taken_name_is_refused(aws):
    """A name that another database has is refused: DBInstanceAlreadyExists."""
    one, two = Database.available(aws), Database.available(aws)
    expect_error("DBInstanceAlreadyExists", one.apply, NewDBInstanceIdentifier=two.name)


def the_old_name_of_a_renamed_database_is_free(aws):
    """After a rename another database can be created under the old name."""
    database = Database.available(aws)
    database.apply(NewDBInstanceIdentifier=unique("renamed"))
    aws.advance(30 * MINUTE)
    another = Database(aws, database.name)
    assert another.answer["DbiResourceId"] != database.answer["DbiResourceId"]


def an_upgrade_to_a_new_major_version_must_be_allowed(aws):
    """A new major version without AllowMajorVersionUpgrade is refused, and with it carried out."""
    database = Database.available(aws, EngineVersion="15")
    expect_error("InvalidParameterCombination", database.apply, EngineVersion="16")
    database.apply(EngineVersion="16", AllowMajorVersionUpgrade=True)
    seen = database.watch(2 * HOUR, step=30)
    assert database.now()["EngineVersion"].startswith("16."), database.now()["EngineVersion"]
    assert seen[-1] == "available" and len(seen) > 1, seen


def a_major_upgrade_takes_the_default_parameter_group_of_the_new_family(aws):
    """A database with the default parameter group has that of the new family after a major upgrade."""
    database = Database.available(aws, EngineVersion="15")
    database.apply(EngineVersion="16", AllowMajorVersionUpgrade=True)
    database.settle()
    assert [g["DBParameterGroupName"] for g in database.now()["DBParameterGroups"]] == ["default.postgres16"]


def versions_never_go_back(aws):
    """An older engine version is refused: InvalidParameterCombination."""
    database = Database.available(aws, EngineVersion="16")
    expect_error(
        "InvalidParameterCombination", database.apply, EngineVersion="15", AllowMajorVersionUpgrade=True
    )


def wrong_values_are_refused_at_once_though_deferred(aws):
    """A deferred change is validated when asked for: an unknown class, a short password, 36 days of retention."""
    database = Database.available(aws)
    expect_error("InvalidParameterValue", database.modify, DBInstanceClass="db.coral.reef")
    expect_error("InvalidParameterValue", database.modify, MasterUserPassword="short")
    expect_error("InvalidParameterValue", database.modify, BackupRetentionPeriod=36)
    expect_error("InvalidParameterValue", database.modify, VpcSecurityGroupIds=["sg-0123456789abcdef0"])
    expect_error("DBParameterGroupNotFound", database.modify, DBParameterGroupName="nothing")
    assert not database.pending()


def a_refused_modify_changes_nothing(aws):
    """When one of several changes is refused, none is made."""
    database = Database.available(aws)
    expect_error("InvalidParameterValue", database.apply, DeletionProtection=True, DBInstanceClass="db.coral.reef")
    database.settle()
    assert database.now()["DeletionProtection"] is False


def a_change_to_what_is_there_already_is_none(aws):
    """Asking for the class and the retention that a database has leaves nothing pending and it available."""
    database = Database.available(aws, BackupRetentionPeriod=5)
    database.modify(DBInstanceClass=CLASS, BackupRetentionPeriod=5)
    assert not database.pending() and database.watch(10 * MINUTE) == ["available"]


def several_changes_are_made_together(aws):
    """One ModifyDBInstance with ApplyImmediately carries out all that it names."""
    database = Database.available(aws, BackupRetentionPeriod=0)
    database.apply(DBInstanceClass=BIGGER_CLASS, MultiAZ=True, BackupRetentionPeriod=7, CopyTagsToSnapshot=True)
    database.settle()
    it = database.now()
    live = (it["DBInstanceClass"], it["MultiAZ"], it["BackupRetentionPeriod"], it["CopyTagsToSnapshot"])
    assert live == (BIGGER_CLASS, True, 7, True), live
    assert not database.pending()
