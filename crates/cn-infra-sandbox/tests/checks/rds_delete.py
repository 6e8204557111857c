"""RDS: how a database goes, and what holds it."""

from databases import BIGGER_CLASS, HOUR, MINUTE, Database
from sandbox import expect_error, unique


def _until_gone(database):
    """Lets time pass until the database is not found; returns the statuses seen."""
    seen = set()
    for _ in range(3 * HOUR // MINUTE):
        every = database.rds.describe_db_instances()["DBInstances"]
        live = [it for it in every if it["DBInstanceIdentifier"] == database.name]
        if not live:
            return seen
        seen.add(live[0]["DBInstanceStatus"])
        database.aws.advance(MINUTE)
    raise AssertionError(f"still there after three hours: {seen}")


def a_protected_database_is_not_deleted(aws):
    """DeletionProtection refuses the deletion, InvalidParameterCombination, until it is turned off."""
    database = Database.available(aws, DeletionProtection=True)
    expect_error("InvalidParameterCombination", database.delete, SkipFinalSnapshot=True)
    assert database.status() == "available"
    database.modify(DeletionProtection=False)
    database.settle()
    database.delete(SkipFinalSnapshot=True)


def a_delete_must_say_what_becomes_of_the_data(aws):
    """Without a final snapshot's name and without skipping it expressly, a deletion is refused."""
    database = Database.available(aws)
    expect_error("InvalidParameterCombination", aws.rds.delete_db_instance, DBInstanceIdentifier=database.name)
    expect_error("InvalidParameterCombination", database.delete, SkipFinalSnapshot=False)
    assert database.status() == "available"


def a_delete_cannot_both_skip_and_name_a_snapshot(aws):
    """A final snapshot's name together with skipping it is refused: InvalidParameterCombination."""
    choice = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": unique("final")}
    expect_error("InvalidParameterCombination", Database.available(aws).delete, **choice)


def a_deleted_database_is_deleting_and_then_gone(aws):
    """A deletion is seen as deleting for minutes; then the database is not found."""
    database = Database.available(aws)
    assert database.delete(SkipFinalSnapshot=True)["DBInstanceStatus"] == "deleting"
    assert database.status() == "deleting"
    assert _until_gone(database) == {"deleting"}
    expect_error("DBInstanceNotFound", database.now)


def a_final_snapshot_is_made_and_stays(aws):
    """The final snapshot is a manual one of the database; it becomes available and outlives the database."""
    database, name = Database.available(aws, AllocatedStorage=30), unique("final")
    database.delete(SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=name)
    _until_gone(database)
    it = database.snapshot_now(name)
    told = (it["SnapshotType"], it["Status"], it["DBInstanceIdentifier"], it["AllocatedStorage"])
    assert told == ("manual", "available", database.name, 30), told


def a_final_snapshot_bears_the_tags_if_they_are_copied(aws):
    """With CopyTagsToSnapshot the final snapshot has the database's tags."""
    tags = [{"Key": "Name", "Value": "production"}]
    database, name = Database.available(aws, CopyTagsToSnapshot=True, Tags=tags), unique("final")
    database.delete(FinalDBSnapshotIdentifier=name)
    _until_gone(database)
    assert database.snapshot_now(name)["TagList"] == tags


def a_taken_snapshot_name_stops_the_delete(aws):
    """A final snapshot's name that is taken is refused, DBSnapshotAlreadyExists, and the database stays."""
    database = Database.available(aws)
    name = database.finished_snapshot()
    expect_error("DBSnapshotAlreadyExists", database.delete, FinalDBSnapshotIdentifier=name)
    assert database.status() == "available"


def a_bad_snapshot_name_stops_the_delete(aws):
    """A final snapshot's name that breaks the rules is an InvalidParameterValue, and the database stays."""
    database = Database.available(aws)
    expect_error("InvalidParameterValue", database.delete, FinalDBSnapshotIdentifier="two--hyphens")
    assert database.status() == "available"


def a_deleting_database_is_busy(aws):
    """While deleting, a modify, a reboot and another delete are refused: InvalidDBInstanceState."""
    database = Database.available(aws)
    database.delete(SkipFinalSnapshot=True)
    expect_error("InvalidDBInstanceState", database.apply, DBInstanceClass=BIGGER_CLASS)
    expect_error("InvalidDBInstanceState", database.reboot)
    expect_error("InvalidDBInstanceState", database.delete, SkipFinalSnapshot=True)


def the_name_is_taken_until_the_database_is_gone(aws):
    """While deleting, the name is taken; afterwards a new database can have it, with another DbiResourceId."""
    database = Database.available(aws)
    database.delete(SkipFinalSnapshot=True)
    again = Database(aws, database.name, create=False).request()
    expect_error("DBInstanceAlreadyExists", aws.rds.create_db_instance, **again)
    _until_gone(database)
    assert Database(aws, database.name).answer["DbiResourceId"] != database.answer["DbiResourceId"]


def automated_snapshots_go_with_the_database(aws):
    """Automated snapshots are deleted with their database; manual ones stay."""
    database = Database.available(aws, BackupRetentionPeriod=7)
    manual = database.finished_snapshot()
    before = aws.rds.describe_db_snapshots()["DBSnapshots"]
    assert sorted(it["SnapshotType"] for it in before) == ["automated", "manual"], before
    database.delete(SkipFinalSnapshot=True)
    _until_gone(database)
    left = [it["DBSnapshotIdentifier"] for it in aws.rds.describe_db_snapshots()["DBSnapshots"]]
    assert left == [manual], left
