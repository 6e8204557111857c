"""RDS: snapshots and what is restored from them."""

import re

from databases import BIGGER_CLASS, DAY, HOUR, MINUTE, Database
from sandbox import ACCOUNT, expect_error, unique

TAGS = [{"Key": "Name", "Value": "production"}]
OF_THE_SNAPSHOT = ("Engine", "EngineVersion", "AllocatedStorage", "StorageType", "MasterUsername")


def a_snapshot_is_creating_and_then_available(aws):
    """A manual snapshot is creating at first, and available, at 100 percent, after a while."""
    database = Database.available(aws)
    answer = database.snapshot()
    assert (answer["Status"], answer["SnapshotType"]) == ("creating", "manual"), answer
    name = answer["DBSnapshotIdentifier"]
    assert database.snapshot_now(name)["Status"] == "creating"
    aws.advance(HOUR)
    done = database.snapshot_now(name)
    assert (done["Status"], done["PercentProgress"]) == ("available", 100), done


def a_database_is_backing_up_while_its_snapshot_is_made(aws):
    """While a manual snapshot is made the database has the status backing-up, and is available after."""
    database = Database.available(aws)
    database.snapshot()
    database.until("backing-up")
    database.until("available")


def a_snapshot_tells_what_it_is_of(aws):
    """A snapshot has the database's identifier, resource id, engine, storage, user and port, and an ARN of its own."""
    database = Database.available(aws, AllocatedStorage=30)
    name = database.finished_snapshot()
    snapshot, it = database.snapshot_now(name), database.now()
    for field in ("DBInstanceIdentifier", "DbiResourceId", *OF_THE_SNAPSHOT):
        assert snapshot[field] == it[field], field
    assert snapshot["Port"] == 5432 and snapshot["SnapshotCreateTime"]
    assert snapshot["DBSnapshotArn"] == f"arn:aws:rds:us-west-2:{ACCOUNT}:snapshot:{name}"


def a_snapshot_name_is_taken_once(aws):
    """A second snapshot of the name is refused: DBSnapshotAlreadyExists."""
    database = Database.available(aws)
    name = database.finished_snapshot()
    expect_error("DBSnapshotAlreadyExists", database.snapshot, name)


def snapshot_names_have_rules(aws):
    """A snapshot's name starts with a letter and has letters, digits and single hyphens."""
    database = Database.available(aws)
    for name in ("1st", "two--hyphens", "ends-", "under_score"):
        expect_error("InvalidParameterValue", database.snapshot, name)


def a_snapshot_takes_tags(aws):
    """CreateDBSnapshot takes tags, and DescribeDBSnapshots tells them."""
    database = Database.available(aws)
    assert database.snapshot_now(database.finished_snapshot(Tags=TAGS))["TagList"] == TAGS


def tags_are_copied_to_snapshots_if_asked(aws):
    """With CopyTagsToSnapshot a snapshot has the database's tags; without, it has none."""
    for copied in (True, False):
        database = Database.available(aws, CopyTagsToSnapshot=copied, Tags=TAGS)
        tags = database.snapshot_now(database.finished_snapshot()).get("TagList", [])
        assert tags == (TAGS if copied else []), (copied, tags)


def tags_of_the_call_keep_the_databases_away(aws):
    """A snapshot that is given a tag gets no copies of the database's, even with CopyTagsToSnapshot."""
    given = [{"Key": "reason", "Value": "migration"}]
    database = Database.available(aws, CopyTagsToSnapshot=True, Tags=TAGS)
    assert database.snapshot_now(database.finished_snapshot(Tags=given))["TagList"] == given


def an_absent_snapshot_is_not_found(aws):
    """Describing, deleting and restoring an unknown snapshot answer DBSnapshotNotFound."""
    expect_error("DBSnapshotNotFound", aws.rds.describe_db_snapshots, DBSnapshotIdentifier="none")
    expect_error("DBSnapshotNotFound", aws.rds.delete_db_snapshot, DBSnapshotIdentifier="none")
    expect_error("DBSnapshotNotFound", Database.restored, aws, "none")


def a_deleted_snapshot_is_gone(aws):
    """DeleteDBSnapshot takes a manual snapshot away, and its name is free."""
    database = Database.available(aws)
    name = database.finished_snapshot()
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier=name)
    aws.advance(HOUR)
    expect_error("DBSnapshotNotFound", database.snapshot_now, name)
    database.snapshot(name)


def an_unfinished_snapshot_is_of_no_use(aws):
    """A snapshot that is still creating can be neither restored nor deleted: InvalidDBSnapshotState."""
    database = Database.available(aws)
    name = database.snapshot()["DBSnapshotIdentifier"]
    expect_error("InvalidDBSnapshotState", Database.restored, aws, name)
    expect_error("InvalidDBSnapshotState", aws.rds.delete_db_snapshot, DBSnapshotIdentifier=name)


def snapshots_are_listed_by_database_and_by_type(aws):
    """DescribeDBSnapshots lists all, those of one database, or those of one type."""
    one, two = Database.available(aws), Database.available(aws)
    names = [one.finished_snapshot(), two.finished_snapshot()]
    describe = aws.rds.describe_db_snapshots
    of_one = describe(DBInstanceIdentifier=one.name, SnapshotType="manual")["DBSnapshots"]
    assert [it["DBSnapshotIdentifier"] for it in of_one] == names[:1], of_one
    manual = describe(SnapshotType="manual")["DBSnapshots"]
    assert sorted(it["DBSnapshotIdentifier"] for it in manual) == sorted(names), manual
    assert {it["SnapshotType"] for it in describe()["DBSnapshots"]} == {"automated", "manual"}


def snapshots_are_paged(aws):
    """DescribeDBSnapshots gives at most MaxRecords, and a Marker for the rest."""
    database = Database.available(aws, BackupRetentionPeriod=0)
    names = {database.finished_snapshot() for _ in range(23)}
    first = aws.rds.describe_db_snapshots(MaxRecords=20)
    assert len(first["DBSnapshots"]) == 20
    second = aws.rds.describe_db_snapshots(MaxRecords=20, Marker=first["Marker"])
    assert "Marker" not in second
    assert {it["DBSnapshotIdentifier"] for it in first["DBSnapshots"] + second["DBSnapshots"]} == names


def the_first_backup_is_an_automated_snapshot(aws):
    """The first backup leaves an automated snapshot, named rds: and after the database and the time."""
    database = Database.available(aws, BackupRetentionPeriod=7)
    found = aws.rds.describe_db_snapshots(DBInstanceIdentifier=database.name, SnapshotType="automated")["DBSnapshots"]
    assert len(found) == 1, found
    name = found[0]["DBSnapshotIdentifier"]
    assert re.fullmatch(rf"rds:{database.name}-\d{{4}}-\d\d-\d\d-\d\d-\d\d", name), name


def backups_are_made_daily_in_the_window_and_kept_for_the_retention(aws):
    """Each backup window leaves an automated snapshot; one older than the retention is deleted."""
    database = Database.available(aws, BackupRetentionPeriod=2)

    def automated():
        found = aws.rds.describe_db_snapshots(DBInstanceIdentifier=database.name, SnapshotType="automated")
        return {it["DBSnapshotIdentifier"] for it in found["DBSnapshots"]}

    first = automated()
    for _ in range(24):
        aws.advance(HOUR)
    assert len(automated()) == 2 and first < automated(), automated()
    for _ in range(5 * 24):
        aws.advance(HOUR)
    assert not first & automated() and 2 <= len(automated()) <= 3, automated()


def a_restored_database_is_created_anew(aws):
    """A restored database is creating at first, later available, with an endpoint and a resource id of its own."""
    source = Database.available(aws)
    restored = Database.restored(aws, source.finished_snapshot())
    assert restored.answer["DBInstanceStatus"] == "creating"
    assert not restored.answer.get("Endpoint", {}).get("Address")
    restored.until("available", limit=3 * HOUR)
    one, two = source.now(), restored.now()
    assert one["DbiResourceId"] != two["DbiResourceId"]
    assert one["Endpoint"]["Address"] != two["Endpoint"]["Address"]


def a_restored_database_is_like_its_source(aws):
    """Engine, version, storage, user, class and database name come from the snapshot."""
    source = Database.available(aws, AllocatedStorage=40, DBName="coralnet")
    restored = Database.restored(aws, source.finished_snapshot())
    restored.until("available", limit=3 * HOUR)
    one, two = source.now(), restored.now()
    for field in ("DBInstanceClass", "DBName", *OF_THE_SNAPSHOT):
        assert one[field] == two[field], field


def a_restore_takes_settings(aws):
    """Class, port, groups, protection and copying of tags can be given to the restore."""
    source, group = Database.available(aws), aws.group()
    settings = {"DBInstanceClass": BIGGER_CLASS, "DeletionProtection": True, "CopyTagsToSnapshot": True}
    snapshot = source.finished_snapshot()
    restored = Database.restored(aws, snapshot, Port=6543, VpcSecurityGroupIds=[group], **settings)
    restored.until("available", limit=3 * HOUR)
    it = restored.now()
    assert {name: it[name] for name in settings} == settings
    assert it["Endpoint"]["Port"] == 6543
    assert [it["VpcSecurityGroupId"] for it in it["VpcSecurityGroups"]] == [group]


def a_restored_database_has_the_default_groups(aws):
    """Unless told otherwise, a restored database has the default security group and parameter group, no protection."""
    group = aws.group()
    source = Database.available(aws, VpcSecurityGroupIds=[group], DeletionProtection=True)
    restored = Database.restored(aws, source.finished_snapshot())
    restored.until("available", limit=3 * HOUR)
    it = restored.now()
    assert [g["VpcSecurityGroupId"] for g in it["VpcSecurityGroups"]] != [group]
    assert it["DBParameterGroups"][0]["DBParameterGroupName"].startswith("default.postgres")
    assert it["DeletionProtection"] is False


def a_restore_takes_tags(aws):
    """RestoreDBInstanceFromDBSnapshot takes tags, and only those are on the new database."""
    snapshot = Database.available(aws).finished_snapshot(Tags=TAGS)
    given = [{"Key": "Name", "Value": "staging"}]
    restored = Database.restored(aws, snapshot, Tags=given)
    assert restored.now()["TagList"] == given


def a_restore_without_tags_copies_those_of_the_source(aws):
    """Without tags in the call, a restored database gets those of the snapshot's source."""
    source = Database.available(aws, CopyTagsToSnapshot=True, Tags=TAGS)
    assert Database.restored(aws, source.finished_snapshot()).now()["TagList"] == TAGS


def a_restore_to_a_taken_name_is_refused(aws):
    """A restore to the name of an existing database is refused: DBInstanceAlreadyExists."""
    source = Database.available(aws)
    snapshot = source.finished_snapshot()
    restore = aws.rds.restore_db_instance_from_db_snapshot
    expect_error(
        "DBInstanceAlreadyExists", restore, DBInstanceIdentifier=source.name, DBSnapshotIdentifier=snapshot
    )


def a_restore_outlives_its_source(aws):
    """A snapshot of a database that is gone can be restored, under its old name too."""
    source = Database.available(aws)
    snapshot = source.finished_snapshot()
    source.delete(SkipFinalSnapshot=True)
    for _ in range(60):
        aws.advance(MINUTE)
    aws.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=source.name, DBSnapshotIdentifier=snapshot)
    source.until("available", limit=3 * HOUR)


def a_snapshot_keeps_the_storage_of_its_time(aws):
    """A snapshot, and what is restored from it, has the size that the database had then."""
    source = Database.available(aws, AllocatedStorage=20)
    snapshot = source.finished_snapshot()
    source.apply(AllocatedStorage=100)
    source.settle()
    assert source.snapshot_now(snapshot)["AllocatedStorage"] == 20
    assert Database.restored(aws, snapshot).now()["AllocatedStorage"] == 20


def there_are_a_hundred_manual_snapshots_at_most(aws):
    """An account has 100 manual snapshots in a region by default; one more is refused: SnapshotQuotaExceeded."""
    database = Database.available(aws, BackupRetentionPeriod=0)
    for _ in range(100):
        database.finished_snapshot()
    expect_error("SnapshotQuotaExceeded", database.snapshot)


def snapshots_survive_days(aws):
    """A manual snapshot is not subject to the retention of automated ones."""
    database = Database.available(aws, BackupRetentionPeriod=1)
    name = database.finished_snapshot()
    for _ in range(10):
        aws.advance(DAY)
    assert database.snapshot_now(name)["Status"] == "available"


def a_snapshot_of_an_unknown_database_is_refused(aws):
    """CreateDBSnapshot of a name that no database has answers DBInstanceNotFound."""
    expect_error("DBInstanceNotFound", Database(aws, unique("none"), create=False).snapshot)
