"""RDS: how a database comes to be, restarts, stops and starts, and what CreateDBInstance refuses."""

import re

from databases import DAY, MINUTE, PASSWORD, Database
from sandbox import ACCOUNT, error_of, expect_error, unique


def create_answers_a_database_that_is_creating(aws):
    """CreateDBInstance answers at once, with status creating, no endpoint, and the password only as asterisks."""
    answer = Database(aws, MasterUserPassword=PASSWORD).answer
    assert answer["DBInstanceStatus"] == "creating", answer["DBInstanceStatus"]
    assert not answer.get("Endpoint", {}).get("Address"), answer["Endpoint"]
    assert answer["PendingModifiedValues"].get("MasterUserPassword") == "****", answer["PendingModifiedValues"]
    assert PASSWORD not in str(answer)


def a_new_database_is_creating_then_backing_up_then_available(aws):
    """With automated backups, a new database is creating, then backing-up for its first backup, then available."""
    assert Database(aws, BackupRetentionPeriod=7).until("available") == ["creating", "backing-up", "available"]


def without_automated_backups_there_is_no_first_backup(aws):
    """With retention 0 a new database goes from creating to available without backing-up."""
    assert Database(aws, BackupRetentionPeriod=0).until("available") == ["creating", "available"]


def a_create_takes_minutes(aws):
    """A new database is not available within a minute, and is within half an hour."""
    database = Database(aws)
    aws.advance(MINUTE)
    assert database.status() != "available"
    database.until("available", step=MINUTE, limit=30 * MINUTE)


def the_endpoint_comes_with_the_creation(aws):
    """While creating there is no endpoint address; an available database has one, with its port."""
    database = Database(aws)
    assert not database.now().get("Endpoint", {}).get("Address")
    database.until("available")
    endpoint = database.now()["Endpoint"]
    assert endpoint["Address"] and endpoint["Port"] == 5432, endpoint


def an_endpoint_is_named_after_the_database_and_the_region(aws):
    """The address is the identifier, a label that the account's databases in the region share, and the region."""
    one, two = Database.available(aws), Database.available(aws)
    addresses = [database.now()["Endpoint"]["Address"] for database in (one, two)]
    assert re.fullmatch(rf"{one.name}\.[a-z0-9]+\.us-west-2\.rds\.amazonaws\.com", addresses[0]), addresses[0]
    assert addresses[0].split(".", 1)[1] == addresses[1].split(".", 1)[1], addresses


def the_port_can_be_chosen_at_creation(aws):
    """CreateDBInstance takes a port, and the endpoint has it."""
    assert Database.available(aws, Port=6543).now()["Endpoint"]["Port"] == 6543


def every_database_has_a_resource_id_of_its_own(aws):
    """DbiResourceId is db- and capitals or digits, told from the first answer on, and no two databases share one."""
    one, two = Database(aws), Database(aws)
    ids = [one.answer["DbiResourceId"], two.answer["DbiResourceId"]]
    assert all(re.fullmatch(r"db-[A-Z0-9]{20,}", id) for id in ids), ids
    assert ids[0] != ids[1]
    one.until("available")
    assert one.now()["DbiResourceId"] == ids[0]


def the_arn_names_region_account_and_identifier(aws):
    """DBInstanceArn is arn:aws:rds:REGION:ACCOUNT:db:NAME."""
    database = Database(aws)
    assert database.answer["DBInstanceArn"] == f"arn:aws:rds:us-west-2:{ACCOUNT}:db:{database.name}"


def identifiers_are_stored_in_lower_case(aws):
    """An identifier is kept in lower case and found in any case."""
    name = unique("Db")
    assert Database(aws, name).answer["DBInstanceIdentifier"] == name.lower()
    found = aws.rds.describe_db_instances(DBInstanceIdentifier=name.upper())["DBInstances"]
    assert [database["DBInstanceIdentifier"] for database in found] == [name.lower()]


def an_identifier_is_taken_once(aws):
    """A second database of the name, in whatever case, is refused: DBInstanceAlreadyExists."""
    database = Database(aws)
    again = Database(aws, database.name.upper(), create=False)
    expect_error("DBInstanceAlreadyExists", aws.rds.create_db_instance, **again.request())


def another_region_is_another_place(aws):
    """The same identifier can be taken in two regions, and each region shows only its own database."""
    here = Database(aws)
    there = Database(aws, here.name, "eu-west-1")
    assert ":eu-west-1:" in there.answer["DBInstanceArn"]
    assert len(aws.rds.describe_db_instances()["DBInstances"]) == 1


def defaults_of_a_new_database(aws):
    """Unset settings get RDS's defaults: a day of backups, minor upgrades, no protection, no copied tags, one zone."""
    it = Database.available(aws, PreferredMaintenanceWindow=None, PreferredBackupWindow=None).now()
    assert it["BackupRetentionPeriod"] == 1
    assert it["AutoMinorVersionUpgrade"] is True
    flags = ["MultiAZ", "DeletionProtection", "CopyTagsToSnapshot", "PerformanceInsightsEnabled", "StorageEncrypted"]
    assert not any(it[flag] for flag in flags), {flag: it[flag] for flag in flags}
    assert it.get("MonitoringInterval", 0) == 0
    assert it["LicenseModel"] == "postgresql-license"
    assert re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", it["PreferredBackupWindow"]), it["PreferredBackupWindow"]
    assert re.fullmatch(r"\w{3}:\d\d:\d\d-\w{3}:\d\d:\d\d", it["PreferredMaintenanceWindow"])
    assert it["CACertificateIdentifier"]
    assert it["InstanceCreateTime"]


def a_new_database_has_the_default_groups(aws):
    """Unset groups are the default subnet group, its VPC's default security group, the family's parameter group."""
    it = Database.available(aws, EngineVersion="16").now()
    named = [{"Name": "group-name", "Values": ["default"]}]
    default = aws.ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    groups = [(group["VpcSecurityGroupId"], group["Status"]) for group in it["VpcSecurityGroups"]]
    assert groups == [(default[0]["GroupId"], "active")], groups
    assert it["DBSubnetGroup"]["DBSubnetGroupName"] == "default"
    assert it["DBSubnetGroup"]["VpcId"] == aws.default_vpc()
    parameters = [(g["DBParameterGroupName"], g["ParameterApplyStatus"]) for g in it["DBParameterGroups"]]
    assert parameters == [("default.postgres16", "in-sync")], parameters


def what_was_asked_for_is_told(aws):
    """DescribeDBInstances tells what CreateDBInstance was given."""
    group = aws.group()
    asked = {
        "DBName": "coralnet",
        "AllocatedStorage": 30,
        "BackupRetentionPeriod": 14,
        "PreferredBackupWindow": "07:00-07:30",
        "PreferredMaintenanceWindow": "tue:09:00-tue:09:30",
        "MultiAZ": True,
        "PubliclyAccessible": True,
        "AutoMinorVersionUpgrade": False,
        "CopyTagsToSnapshot": True,
        "DeletionProtection": True,
        "StorageEncrypted": True,
        "EnablePerformanceInsights": True,
    }
    it = Database.available(aws, VpcSecurityGroupIds=[group], **asked).now()
    asked["PerformanceInsightsEnabled"] = asked.pop("EnablePerformanceInsights")
    assert {name: it.get(name) for name in asked} == asked
    assert [g["VpcSecurityGroupId"] for g in it["VpcSecurityGroups"]] == [group]
    assert it["KmsKeyId"].startswith("arn:aws:kms:us-west-2:"), it["KmsKeyId"]


def a_major_version_becomes_an_exact_one(aws):
    """Asked for engine version 16, RDS makes its default minor version of it and tells that."""
    version = Database(aws, EngineVersion="16").answer["EngineVersion"]
    assert re.fullmatch(r"16\.\d+", version), version


def gp3_reports_iops_and_throughput_that_nobody_set(aws):
    """A gp3 database under 400 GiB reports its baseline, 3,000 IOPS and 125 MiB/s."""
    it = Database.available(aws, StorageType="gp3", AllocatedStorage=50).now()
    assert (it["StorageType"], it.get("Iops"), it.get("StorageThroughput")) == ("gp3", 3000, 125)


def a_large_gp3_database_has_four_times_the_baseline(aws):
    """A PostgreSQL gp3 database from 400 GiB on is striped: 12,000 IOPS and 500 MiB/s."""
    it = Database.available(aws, StorageType="gp3", AllocatedStorage=400).now()
    assert (it.get("Iops"), it.get("StorageThroughput")) == (12000, 500)


def gp2_reports_no_iops(aws):
    """A gp2 database has no IOPS of its own setting, and reports none."""
    assert not Database.available(aws, StorageType="gp2").now().get("Iops")


def a_managed_password_is_kept_in_secrets_manager(aws):
    """ManageMasterUserPassword makes a secret, whose ARN and status DescribeDBInstances tells."""
    database = Database.available(aws, MasterUserPassword=None, ManageMasterUserPassword=True)
    secret = database.now()["MasterUserSecret"]
    assert secret["SecretArn"].startswith(f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:rds!db-"), secret
    assert secret["SecretStatus"] == "active" and secret["KmsKeyId"], secret


def a_managed_password_cannot_be_given_too(aws):
    """ManageMasterUserPassword together with a password is refused."""
    it = Database(aws, create=False)
    codes = ("InvalidParameterCombination", "InvalidParameterValue")
    expect_error(codes, aws.rds.create_db_instance, **it.request(ManageMasterUserPassword=True))


def a_reboot_is_seen_and_over_in_minutes(aws):
    """RebootDBInstance makes the status rebooting, then available again."""
    database = Database.available(aws)
    assert database.reboot()["DBInstanceStatus"] == "rebooting"
    assert database.until("available", limit=30 * MINUTE) == ["rebooting", "available"]


def a_stop_and_a_start_are_seen(aws):
    """A database goes from stopping to stopped, and from starting to available."""
    database = Database.available(aws)
    assert aws.rds.stop_db_instance(DBInstanceIdentifier=database.name)["DBInstance"]["DBInstanceStatus"] == "stopping"
    assert database.until("stopped") == ["stopping", "stopped"]
    assert aws.rds.start_db_instance(DBInstanceIdentifier=database.name)["DBInstance"]["DBInstanceStatus"] == "starting"
    seen = database.until("available")
    assert seen[0] == "starting", seen


def only_what_runs_can_be_stopped_and_only_what_is_stopped_started(aws):
    """Starting an available database and stopping a stopped one are refused: InvalidDBInstanceState."""
    database = Database.available(aws)
    expect_error("InvalidDBInstanceState", aws.rds.start_db_instance, DBInstanceIdentifier=database.name)
    aws.rds.stop_db_instance(DBInstanceIdentifier=database.name)
    database.until("stopped")
    expect_error("InvalidDBInstanceState", aws.rds.stop_db_instance, DBInstanceIdentifier=database.name)
    expect_error("InvalidDBInstanceState", database.reboot)


def a_stopped_database_cannot_be_modified(aws):
    """ModifyDBInstance on a stopped database is refused: InvalidDBInstanceState."""
    database = Database.available(aws)
    aws.rds.stop_db_instance(DBInstanceIdentifier=database.name)
    database.until("stopped")
    expect_error("InvalidDBInstanceState", database.apply, AllocatedStorage=30)


def a_stopped_database_starts_by_itself_after_seven_days(aws):
    """RDS starts a database again that has been stopped for seven days."""
    database = Database.available(aws)
    aws.rds.stop_db_instance(DBInstanceIdentifier=database.name)
    database.until("stopped")
    aws.advance(6 * DAY)
    assert database.status() == "stopped"
    aws.advance(DAY)
    database.until("available", step=10 * MINUTE)


def a_database_that_is_being_created_is_busy(aws):
    """While creating, a modify, a reboot and a snapshot are refused: InvalidDBInstanceState."""
    database = Database(aws)
    expect_error("InvalidDBInstanceState", database.apply, DeletionProtection=True)
    expect_error("InvalidDBInstanceState", database.reboot)
    expect_error("InvalidDBInstanceState", database.snapshot)


def a_first_backup_blocks_changes(aws):
    """While backing-up, a modify and a snapshot are refused: InvalidDBInstanceState."""
    database = Database(aws, BackupRetentionPeriod=1)
    database.until("backing-up")
    expect_error("InvalidDBInstanceState", database.apply, DBInstanceClass="db.t3.large")
    expect_error("InvalidDBInstanceState", database.snapshot)


def a_rebooting_database_is_busy(aws):
    """While rebooting, a modify and another reboot are refused: InvalidDBInstanceState."""
    database = Database.available(aws)
    database.reboot()
    expect_error("InvalidDBInstanceState", database.apply, DBInstanceClass="db.t3.large")
    expect_error("InvalidDBInstanceState", database.reboot)


def an_absent_database_is_not_found(aws):
    """Every call on a name that does not exist answers DBInstanceNotFound."""
    absent = Database(aws, create=False)
    for call in (absent.now, absent.reboot, absent.delete, absent.snapshot):
        expect_error("DBInstanceNotFound", call)
    expect_error("DBInstanceNotFound", absent.apply, DeletionProtection=True)


def identifiers_have_rules(aws):
    """An identifier starts with a letter, has letters, digits and single hyphens, and at most 63 of them."""
    for name in ("1db", "-db", "db-", "d--b", "d_b", "d.b", "d" * 64):
        expect_error("InvalidParameterValue", Database, aws, name)
    Database(aws, "d" * 63)


def an_unknown_engine_is_refused(aws):
    """An engine that RDS does not have is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, Engine="coralbase")


def an_unknown_engine_version_is_refused(aws):
    """A version that the engine does not have is an InvalidParameterCombination: cannot find version."""
    expect_error("InvalidParameterCombination", Database, aws, EngineVersion="99.9")
    expect_error("InvalidParameterCombination", Database, aws, EngineVersion="16.999")


def an_unknown_class_is_refused(aws):
    """A class that does not exist is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, DBInstanceClass="db.coral.reef")
    expect_error("InvalidParameterValue", Database, aws, DBInstanceClass="t3.medium")


def a_password_has_rules(aws):
    """A password of less than 8 characters, or with / @ " or a blank, is an InvalidParameterValue."""
    for password in ("short77", "with/slash", "with@sign", 'with"quote', "with blank", ""):
        expect_error("InvalidParameterValue", Database, aws, MasterUserPassword=password)


def user_and_password_are_required(aws):
    """A new database without a master user, or without a password, is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, MasterUsername=None)
    expect_error("InvalidParameterValue", Database, aws, MasterUserPassword=None)


def reserved_master_users_are_refused(aws):
    """A word that the engine reserves cannot be the master user: InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, MasterUsername="admin")
    expect_error("InvalidParameterValue", Database, aws, MasterUsername="rdsadmin")


def storage_has_a_least_size(aws):
    """PostgreSQL on general purpose storage has at least 20 GiB: less is an InvalidParameterValue."""
    for kind in ("gp2", "gp3"):
        expect_error("InvalidParameterValue", Database, aws, AllocatedStorage=19, StorageType=kind)


def small_gp3_storage_takes_no_iops(aws):
    """Under 400 GiB, IOPS and throughput of PostgreSQL on gp3 cannot be set: InvalidParameterCombination."""
    for extra in ({"Iops": 4000}, {"StorageThroughput": 250}):
        expect_error("InvalidParameterCombination", Database, aws, StorageType="gp3", AllocatedStorage=100, **extra)


def retention_has_limits(aws):
    """A retention of more than 35 days, or less than none, is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, BackupRetentionPeriod=36)
    expect_error("InvalidParameterValue", Database, aws, BackupRetentionPeriod=-1)


def windows_have_a_form(aws):
    """A window that is none, or that overlaps the other one, is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, PreferredMaintenanceWindow="someday")
    expect_error("InvalidParameterValue", Database, aws, PreferredBackupWindow="in the morning")
    overlapping = {"PreferredMaintenanceWindow": "tue:09:00-tue:10:00", "PreferredBackupWindow": "09:30-10:30"}
    expect_error("InvalidParameterValue", Database, aws, **overlapping)


def monitoring_needs_a_role(aws):
    """A monitoring interval other than 0 without a role is an InvalidParameterCombination."""
    expect_error("InvalidParameterCombination", Database, aws, MonitoringInterval=60)


def security_groups_must_exist(aws):
    """A security group that does not exist is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", Database, aws, VpcSecurityGroupIds=["sg-0123456789abcdef0"])


def other_groups_must_exist(aws):
    """Unknown subnet groups are a DBSubnetGroupNotFoundFault, parameter groups a DBParameterGroupNotFound."""
    expect_error("DBSubnetGroupNotFoundFault", Database, aws, DBSubnetGroupName="nowhere")
    expect_error("DBParameterGroupNotFound", Database, aws, DBParameterGroupName="nothing")


def a_refused_create_leaves_nothing(aws):
    """After a refused CreateDBInstance there is no database of that name."""
    absent = Database(aws, create=False)
    expect_error("InvalidParameterValue", aws.rds.create_db_instance, **absent.request(DBInstanceClass="db.coral.reef"))
    expect_error("DBInstanceNotFound", absent.now)


def there_are_forty_databases_at_most(aws):
    """An account has 40 databases in a region by default; one more is refused: InstanceQuotaExceeded."""
    for _ in range(40):
        Database(aws)
    expect_error("InstanceQuotaExceeded", Database, aws)
    Database(aws, None, "eu-west-1")


def required_members_are_required(aws):
    """A request without a member that RDS requires is refused."""
    answer = aws.query("rds", {"Action": "RebootDBInstance", "Version": "2014-10-31"})
    assert error_of(answer) in {"MissingParameter", "InvalidParameterValue", "ValidationError"}, answer.text
    assert answer.status_code == 400


def unknown_actions_are_invalid(aws):
    """An action that RDS does not have is answered InvalidAction."""
    answer = aws.query("rds", {"Action": "PolishDBInstance", "Version": "2014-10-31"})
    assert (answer.status_code, error_of(answer)) == (400, "InvalidAction"), answer.text


def a_new_database_may_not_be_found_yet(aws):
    """With a consistency delay, a database just made is not found for that time, and found after it."""
    aws.settings(consistency_delay=30)
    database = Database(aws)
    expect_error("DBInstanceNotFound", database.now)
    aws.advance(31)
    assert database.status() == "creating"
