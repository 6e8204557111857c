"""RDS: listing databases, in pages and by filters."""

from databases import Database
from sandbox import OTHER_ACCOUNT, expect_error


def _names(answer):
    return [it["DBInstanceIdentifier"] for it in answer["DBInstances"]]


def a_fresh_account_has_no_database(aws):
    """Without databases the list is empty, and has no Marker."""
    answer = aws.rds.describe_db_instances()
    assert answer["DBInstances"] == [] and "Marker" not in answer


def databases_come_in_pages(aws):
    """DescribeDBInstances gives at most MaxRecords, and a Marker that leads to the rest, each database once."""
    names = {Database(aws).name for _ in range(23)}
    first = aws.rds.describe_db_instances(MaxRecords=20)
    assert len(_names(first)) == 20 and first["Marker"]
    second = aws.rds.describe_db_instances(MaxRecords=20, Marker=first["Marker"])
    assert len(_names(second)) == 3 and "Marker" not in second
    assert set(_names(first) + _names(second)) == names


def a_full_last_page_has_no_marker(aws):
    """Exactly as many databases as MaxRecords come without a Marker."""
    for _ in range(20):
        Database(aws)
    answer = aws.rds.describe_db_instances(MaxRecords=20)
    assert len(_names(answer)) == 20 and "Marker" not in answer


def a_page_has_20_to_100_records(aws):
    """MaxRecords under 20 or over 100 is an InvalidParameterValue, for databases and for snapshots."""
    for call in (aws.rds.describe_db_instances, aws.rds.describe_db_snapshots):
        for records in (0, 19, 101):
            expect_error("InvalidParameterValue", call, MaxRecords=records)
        call(MaxRecords=20)
        call(MaxRecords=100)


def databases_are_filtered_by_identifier(aws):
    """The filter db-instance-id keeps the named databases, and takes ARNs too."""
    one, two, _ = Database(aws), Database(aws), Database(aws)

    def by(*values):
        wanted = [{"Name": "db-instance-id", "Values": list(values)}]
        return sorted(_names(aws.rds.describe_db_instances(Filters=wanted)))

    assert by(one.name) == [one.name]
    assert by(one.name, two.name) == sorted([one.name, two.name])
    assert by(one.answer["DBInstanceArn"]) == [one.name]


def databases_are_filtered_by_resource_id(aws):
    """The filter dbi-resource-id keeps the databases with these resource ids."""
    one, _ = Database(aws), Database(aws)
    wanted = [{"Name": "dbi-resource-id", "Values": [one.answer["DbiResourceId"]]}]
    assert _names(aws.rds.describe_db_instances(Filters=wanted)) == [one.name]


def databases_are_filtered_by_engine(aws):
    """The filter engine keeps the databases of these engines."""
    one = Database(aws)
    describe = aws.rds.describe_db_instances
    assert _names(describe(Filters=[{"Name": "engine", "Values": ["postgres"]}])) == [one.name]
    assert _names(describe(Filters=[{"Name": "engine", "Values": ["mysql"]}])) == []


def an_unknown_filter_is_refused(aws):
    """A filter that DescribeDBInstances does not have is an InvalidParameterValue."""
    wanted = [{"Name": "colour", "Values": ["blue"]}]
    expect_error("InvalidParameterValue", aws.rds.describe_db_instances, Filters=wanted)


def there_is_no_filter_by_tag(aws):
    """DescribeDBInstances has no filter by tag."""
    wanted = [{"Name": "tag:Name", "Values": ["production"]}]
    expect_error("InvalidParameterValue", aws.rds.describe_db_instances, Filters=wanted)


def a_database_is_found_by_its_arn(aws):
    """DescribeDBInstances takes an ARN as the identifier."""
    one, _ = Database(aws), Database(aws)
    assert _names(aws.rds.describe_db_instances(DBInstanceIdentifier=one.answer["DBInstanceArn"])) == [one.name]


def one_description_holds_all_that_a_plan_needs(aws):
    """Tags, status and pending values are in the description itself, of a database that is being created too."""
    tags = [{"Key": "Name", "Value": "production"}]
    it = Database(aws, Tags=tags).now()
    assert it["TagList"] == tags and it["DBInstanceStatus"] == "creating" and "PendingModifiedValues" in it


def accounts_do_not_see_each_others_databases(aws):
    """Another account sees none of this account's databases, and can take the same name."""
    database = Database(aws)
    other = aws.client("rds", account=OTHER_ACCOUNT)
    assert other.describe_db_instances()["DBInstances"] == []
    theirs = Database(aws, database.name, account=OTHER_ACCOUNT)
    assert f":{OTHER_ACCOUNT}:" in theirs.answer["DBInstanceArn"]
