"""RDS: changes that wait for the maintenance window, as PendingModifiedValues."""

from databases import BIGGER_CLASS, CLASS, DAY, HOUR, Database
from sandbox import expect_error, unique


def _deferred(aws, field, wanted, start=None, live=None, **change):
    """Makes the change without ApplyImmediately: it must be pending, and not made, until the window is over."""
    database = Database.available(aws, **(start or {}))
    live = live or (lambda it: it[field])
    before = live(database.now())
    answer = database.modify(**change)
    assert answer["PendingModifiedValues"].get(field) == wanted, answer["PendingModifiedValues"]
    aws.advance(HOUR)
    assert database.pending() == {field: wanted}, database.pending()
    assert live(database.now()) == before and database.status() == "available"
    _pass_the_window(database)
    assert live(database.now()) == wanted, live(database.now())
    assert not database.pending(), database.pending()


def _pass_the_window(database):
    """Lets four days pass, so that the window three days off is over."""
    for _ in range(4 * 4):
        database.aws.advance(DAY // 4)
    database.until("available", step=HOUR // 4, limit=2 * DAY)


def a_new_class_waits_for_the_window(aws):
    """DBInstanceClass without ApplyImmediately is pending until the maintenance window, and then applied."""
    _deferred(aws, "DBInstanceClass", BIGGER_CLASS, DBInstanceClass=BIGGER_CLASS)


def more_storage_waits_for_the_window(aws):
    """AllocatedStorage without ApplyImmediately is pending until the maintenance window, and then applied."""
    _deferred(aws, "AllocatedStorage", 200, {"AllocatedStorage": 100}, AllocatedStorage=200)


def another_storage_type_waits_for_the_window(aws):
    """StorageType without ApplyImmediately is pending until the maintenance window."""
    database = Database.available(aws, StorageType="gp2", AllocatedStorage=100)
    database.modify(StorageType="gp3")
    aws.advance(HOUR)
    assert database.pending().get("StorageType") == "gp3", database.pending()
    assert database.now()["StorageType"] == "gp2"
    _pass_the_window(database)
    assert database.now()["StorageType"] == "gp3" and not database.pending()


def other_iops_wait_for_the_window(aws):
    """Iops without ApplyImmediately are pending until the maintenance window."""
    database = Database.available(aws, StorageType="io1", AllocatedStorage=100, Iops=1000)
    database.modify(Iops=2000, AllocatedStorage=100)
    aws.advance(HOUR)
    assert database.pending().get("Iops") == 2000, database.pending()
    assert database.now()["Iops"] == 1000
    _pass_the_window(database)
    assert database.now()["Iops"] == 2000 and not database.pending()


def a_second_zone_waits_for_the_window(aws):
    """MultiAZ without ApplyImmediately is pending until the maintenance window, and then applied."""
    _deferred(aws, "MultiAZ", True, MultiAZ=True)


def turning_backups_off_waits_for_the_window(aws):
    """BackupRetentionPeriod to 0 without ApplyImmediately is pending until the maintenance window."""
    _deferred(aws, "BackupRetentionPeriod", 0, {"BackupRetentionPeriod": 7}, BackupRetentionPeriod=0)


def turning_backups_on_waits_for_the_window(aws):
    """BackupRetentionPeriod from 0 without ApplyImmediately is pending until the maintenance window."""
    _deferred(aws, "BackupRetentionPeriod", 7, {"BackupRetentionPeriod": 0}, BackupRetentionPeriod=7)


def an_engine_upgrade_waits_for_the_window(aws):
    """EngineVersion without ApplyImmediately is pending, as an exact version, until the maintenance window."""
    database = Database.available(aws, EngineVersion="15")
    database.modify(EngineVersion="16", AllowMajorVersionUpgrade=True)
    aws.advance(HOUR)
    pending = database.pending()
    assert pending.get("EngineVersion", "").startswith("16."), pending
    assert database.now()["EngineVersion"].startswith("15.")
    _pass_the_window(database)
    assert database.now()["EngineVersion"] == pending["EngineVersion"] and not database.pending()


def a_rename_waits_for_the_window(aws):
    """NewDBInstanceIdentifier without ApplyImmediately is pending under the old name until the maintenance window."""
    database, name = Database.available(aws), unique("renamed")
    resource = database.answer["DbiResourceId"]
    database.modify(NewDBInstanceIdentifier=name)
    aws.advance(HOUR)
    assert database.pending() == {"DBInstanceIdentifier": name}, database.pending()
    for _ in range(4 * 4):
        aws.advance(DAY // 4)
    expect_error("DBInstanceNotFound", database.now)
    database.name = name
    assert database.now()["DbiResourceId"] == resource and not database.pending()


def without_a_word_changes_are_deferred(aws):
    """ApplyImmediately is false by default."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.watch(HOUR, step=60)
    assert database.now()["DBInstanceClass"] == CLASS
    assert database.pending() == {"DBInstanceClass": BIGGER_CLASS}, database.pending()


def pending_changes_add_up(aws):
    """A second deferred change joins the first, and a later value of one field replaces the earlier one."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.modify(MultiAZ=True)
    database.modify(DBInstanceClass="db.t3.xlarge")
    assert database.pending() == {"DBInstanceClass": "db.t3.xlarge", "MultiAZ": True}, database.pending()


def changes_at_once_do_not_wait_with_the_deferred(aws):
    """In one deferred modify, what is never deferred takes effect, and only the rest is pending."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS, DeletionProtection=True)
    database.settle()
    assert database.now()["DeletionProtection"] is True
    assert database.pending() == {"DBInstanceClass": BIGGER_CLASS}, database.pending()


def apply_immediately_flushes_all_that_is_pending(aws):
    """ApplyImmediately carries out every pending change too, not only the one that it comes with."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.apply(MultiAZ=True)
    database.settle()
    it = database.now()
    assert (it["DBInstanceClass"], it["MultiAZ"]) == (BIGGER_CLASS, True)
    assert not database.pending(), database.pending()


def apply_immediately_flushes_even_with_a_change_that_never_waits(aws):
    """ApplyImmediately with a field that is never deferred carries out what is pending all the same."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.apply(CopyTagsToSnapshot=True)
    database.settle()
    assert database.now()["DBInstanceClass"] == BIGGER_CLASS and not database.pending()


def a_change_without_apply_immediately_flushes_nothing(aws):
    """A modify of a field that is never deferred, without ApplyImmediately, leaves the pending ones pending."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.modify(ApplyImmediately=False, CopyTagsToSnapshot=True)
    database.settle()
    assert database.pending() == {"DBInstanceClass": BIGGER_CLASS}, database.pending()


def a_pending_change_is_withdrawn_by_asking_for_the_current_value(aws):
    """Modifying back to the current value takes a pending one away, and the window changes nothing."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS, MultiAZ=True)
    database.modify(DBInstanceClass=CLASS)
    assert database.pending() == {"MultiAZ": True}, database.pending()
    database.modify(MultiAZ=False)
    assert not database.pending(), database.pending()
    _pass_the_window(database)
    assert database.now()["DBInstanceClass"] == CLASS and database.now()["MultiAZ"] is False


def a_pending_change_can_be_asked_for_at_once_after_all(aws):
    """The same change with ApplyImmediately, while it is pending, is carried out."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    database.apply(DBInstanceClass=BIGGER_CLASS)
    database.settle()
    assert database.now()["DBInstanceClass"] == BIGGER_CLASS and not database.pending()


def the_window_can_be_moved_while_a_change_is_pending(aws):
    """A pending change follows the maintenance window when that is moved."""
    database = Database.available(aws)
    database.modify(DBInstanceClass=BIGGER_CLASS)
    day = database.now()["PreferredMaintenanceWindow"][:3]
    tomorrow = {"mon": "tue", "tue": "wed", "wed": "thu", "thu": "fri", "fri": "sat", "sat": "sun", "sun": "mon"}
    later = tomorrow[tomorrow[day]]
    moved = database.now()["PreferredMaintenanceWindow"].replace(day, later)
    if len({part[:3] for part in moved.split("-")}) > 1:  # the window went over midnight
        moved = f"{later}:23:00-{later}:23:30"
    database.modify(PreferredMaintenanceWindow=moved)
    for _ in range(4 * 4):
        aws.advance(DAY // 4)
    assert database.pending() == {"DBInstanceClass": BIGGER_CLASS}, database.pending()
    for _ in range(3 * 4):
        aws.advance(DAY // 4)
    database.until("available", step=HOUR // 4)
    assert database.now()["DBInstanceClass"] == BIGGER_CLASS and not database.pending()
