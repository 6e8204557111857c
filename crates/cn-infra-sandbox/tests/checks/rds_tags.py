"""RDS: tags, by ARN."""

from databases import Database
from sandbox import expect_error


def _tags(aws, arn):
    return {it["Key"]: it["Value"] for it in aws.rds.list_tags_for_resource(ResourceName=arn)["TagList"]}


def _list(**tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_are_given_at_creation(aws):
    """CreateDBInstance takes tags; the answer, the description and ListTagsForResource tell them."""
    database = Database(aws, Tags=_list(Name="production", team="coral"))
    wanted = {"Name": "production", "team": "coral"}
    for told in (database.answer["TagList"], database.now()["TagList"]):
        assert {it["Key"]: it["Value"] for it in told} == wanted, told
    assert _tags(aws, database.answer["DBInstanceArn"]) == wanted


def tags_are_added_and_replaced(aws):
    """AddTagsToResource adds keys, and replaces the value of one that is there, and leaves the rest."""
    database = Database(aws, Tags=_list(Name="old", team="coral"))
    arn = database.answer["DBInstanceArn"]
    aws.rds.add_tags_to_resource(ResourceName=arn, Tags=_list(Name="new", phase="4"))
    assert _tags(aws, arn) == {"Name": "new", "team": "coral", "phase": "4"}
    assert len(database.now()["TagList"]) == 3


def tags_are_removed_by_key(aws):
    """RemoveTagsFromResource takes keys away; one that is not there is no error."""
    arn = Database(aws, Tags=_list(Name="production", team="coral")).answer["DBInstanceArn"]
    aws.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team", "absent"])
    assert _tags(aws, arn) == {"Name": "production"}


def tags_may_have_empty_values(aws):
    """A tag's value may be empty."""
    arn = Database(aws, Tags=_list(managed="")).answer["DBInstanceArn"]
    assert _tags(aws, arn) == {"managed": ""}


def tags_can_be_changed_while_a_database_is_busy(aws):
    """Tags can be changed whatever the status, as while creating."""
    database = Database(aws)
    aws.rds.add_tags_to_resource(ResourceName=database.answer["DBInstanceArn"], Tags=_list(Name="early"))
    assert database.status() == "creating" and _tags(aws, database.answer["DBInstanceArn"]) == {"Name": "early"}


def tags_change_without_modifying(aws):
    """A change of tags leaves the status available and nothing pending."""
    database = Database.available(aws)
    aws.rds.add_tags_to_resource(ResourceName=database.answer["DBInstanceArn"], Tags=_list(Name="production"))
    assert database.watch(300) == ["available"] and not database.pending()


def tags_of_the_unknown_are_refused(aws):
    """An ARN of a database that does not exist is DBInstanceNotFound, and of a snapshot DBSnapshotNotFound."""
    arn = f"arn:aws:rds:us-west-2:{aws.account}:db:none"
    expect_error("DBInstanceNotFound", aws.rds.list_tags_for_resource, ResourceName=arn)
    expect_error("DBInstanceNotFound", aws.rds.add_tags_to_resource, ResourceName=arn, Tags=_list(Name="none"))
    snapshot = arn.replace(":db:", ":snapshot:")
    expect_error("DBSnapshotNotFound", aws.rds.list_tags_for_resource, ResourceName=snapshot)


def tags_need_an_arn(aws):
    """A name instead of an ARN is an InvalidParameterValue."""
    database = Database(aws)
    expect_error("InvalidParameterValue", aws.rds.list_tags_for_resource, ResourceName=database.name)


def snapshots_have_tags_of_their_own(aws):
    """A snapshot's tags are changed by its ARN, and the database's stay."""
    database = Database.available(aws, CopyTagsToSnapshot=True, Tags=_list(Name="production"))
    name = database.finished_snapshot()
    arn = database.snapshot_now(name)["DBSnapshotArn"]
    aws.rds.add_tags_to_resource(ResourceName=arn, Tags=_list(reason="migration"))
    assert _tags(aws, arn) == {"Name": "production", "reason": "migration"}
    assert _tags(aws, database.answer["DBInstanceArn"]) == {"Name": "production"}


def fifty_tags_are_allowed(aws):
    """A database can have 50 tags."""
    arn = Database(aws).answer["DBInstanceArn"]
    aws.rds.add_tags_to_resource(ResourceName=arn, Tags=_list(**{f"key{n}": str(n) for n in range(50)}))
    assert len(_tags(aws, arn)) == 50
