"""A database that a check made, and the virtual time that passes over it."""

from datetime import datetime, timedelta, timezone

from sandbox import REGION, unique

PASSWORD = "correct-horse-battery"
CLASS, BIGGER_CLASS = "db.t3.medium", "db.t3.large"
MINUTE, HOUR, DAY = 60, 3600, 86400
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Database:
    """One RDS instance: PostgreSQL, 20 GiB, unless the parameters say otherwise. Its maintenance is three days off."""

    def __init__(self, aws, name=None, region=REGION, account=None, create=True, **parameters):
        self.aws = aws
        self.rds = aws.client("rds", region, account or aws.account)
        self.name = name or unique("db")
        self.answer = self.rds.create_db_instance(**self.request(**parameters))["DBInstance"] if create else None

    def request(self, **parameters):
        """The parameters of CreateDBInstance; one that is None is left out."""
        defaults = {
            "DBInstanceIdentifier": self.name,
            "DBInstanceClass": CLASS,
            "Engine": "postgres",
            "AllocatedStorage": 20,
            "StorageType": "gp2",
            "MasterUsername": "coralnet",
            "MasterUserPassword": PASSWORD,
            **Clock(self.aws).windows(days_off=3),
        }
        return {name: value for name, value in {**defaults, **parameters}.items() if value is not None}

    @classmethod
    def available(cls, aws, name=None, region=REGION, **parameters):
        """A database that is done with being created."""
        database = cls(aws, name, region, **parameters)
        database.until("available")
        return database

    @classmethod
    def restored(cls, aws, snapshot, **parameters):
        """The database that a snapshot is being restored to."""
        database = cls(aws, create=False)
        parameters = {"DBInstanceIdentifier": database.name, "DBSnapshotIdentifier": snapshot, **parameters}
        database.answer = database.rds.restore_db_instance_from_db_snapshot(**parameters)["DBInstance"]
        return database

    def now(self):
        """What DescribeDBInstances answers."""
        return self.rds.describe_db_instances(DBInstanceIdentifier=self.name)["DBInstances"][0]

    def status(self):
        return self.now()["DBInstanceStatus"]

    def pending(self):
        return self.now().get("PendingModifiedValues", {})

    def modify(self, **parameters):
        """ModifyDBInstance, which without ApplyImmediately leaves what it can to the maintenance window."""
        return self.rds.modify_db_instance(DBInstanceIdentifier=self.name, **parameters)["DBInstance"]

    def apply(self, **parameters):
        """ModifyDBInstance with ApplyImmediately."""
        return self.modify(ApplyImmediately=True, **parameters)

    def reboot(self):
        return self.rds.reboot_db_instance(DBInstanceIdentifier=self.name)["DBInstance"]

    def delete(self, **parameters):
        parameters = parameters or {"SkipFinalSnapshot": True}
        return self.rds.delete_db_instance(DBInstanceIdentifier=self.name, **parameters)["DBInstance"]

    def snapshot(self, name=None, **parameters):
        """A manual snapshot, as CreateDBSnapshot answers."""
        return self.rds.create_db_snapshot(
            DBInstanceIdentifier=self.name, DBSnapshotIdentifier=name or unique("snapshot"), **parameters
        )["DBSnapshot"]

    def snapshot_now(self, name):
        """A snapshot as DescribeDBSnapshots answers."""
        return self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]

    def finished_snapshot(self, name=None, **parameters):
        """The name of a manual snapshot that is available, its database too."""
        name = self.snapshot(name, **parameters)["DBSnapshotIdentifier"]
        for _ in range(3 * HOUR // (5 * MINUTE)):
            if self.snapshot_now(name)["Status"] == "available":
                break
            self.aws.advance(5 * MINUTE)
        self.until("available")
        return name

    def until(self, status, step=MINUTE, limit=3 * HOUR):
        """Lets time pass until the database has this status; returns the statuses seen, each once in a row."""
        seen = [self.status()]
        for _ in range(1 if self.aws.moto else limit // step):  # nothing in moto takes time
            if seen[-1] == status:
                return seen
            self.aws.advance(step)
            self._see(seen)
        if seen[-1] == status:
            return seen
        raise AssertionError(f"not {status} after {limit} seconds, but {' → '.join(seen)}")

    def watch(self, seconds, step=MINUTE):
        """Lets this time pass; returns the statuses seen, each once in a row."""
        seen = [self.status()]
        for _ in range(1 if self.aws.moto else seconds // step):
            self.aws.advance(step)
            self._see(seen)
        return seen

    def settle(self):
        """Lets time pass until all that was asked for at once is done."""
        self.watch(30 * MINUTE, step=MINUTE)
        self.until("available", step=10 * MINUTE, limit=2 * DAY)

    def _see(self, seen):
        status = self.status()
        if status != seen[-1]:
            seen.append(status)


class Clock:
    """The account's time. Moto's is the machine's."""

    def __init__(self, aws):
        self.aws = aws

    def now(self):
        text = datetime.now(timezone.utc).isoformat() if self.aws.moto else self.aws.now()
        return datetime.fromisoformat(text.replace("Z", "+00:00"))

    def windows(self, days_off):
        """A maintenance window of half an hour so many days from now, and a backup window half a day away from it."""
        start = self.now() + timedelta(days=days_off)
        backup = start + timedelta(hours=12)
        return {
            "PreferredMaintenanceWindow": f"{self._at(start)}-{self._at(start + timedelta(minutes=30))}",
            "PreferredBackupWindow": f"{backup:%H:%M}-{backup + timedelta(minutes=30):%H:%M}",
        }

    @staticmethod
    def _at(time):
        return f"{DAYS[time.weekday()]}:{time:%H:%M}"
