"""RDS: parameter groups and subnet groups."""

from databases import HOUR, MINUTE, Database
from sandbox import ACCOUNT, expect_error, unique

FAMILY = "postgres16"


class _Parameters:
    """A parameter group of PostgreSQL 16."""

    def __init__(self, aws, name=None, **parameters):
        self.rds, self.name = aws.rds, name or unique("parameters")
        self.answer = self.rds.create_db_parameter_group(
            DBParameterGroupName=self.name, DBParameterGroupFamily=FAMILY, Description="of a check", **parameters
        )["DBParameterGroup"]

    def set(self, name, value, method="immediate"):
        parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
        return self.rds.modify_db_parameter_group(DBParameterGroupName=self.name, Parameters=[parameter])

    def all(self, **filters):
        pages = self.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=self.name, **filters)
        return {it["ParameterName"]: it for page in pages for it in page["Parameters"]}

    def delete(self):
        self.rds.delete_db_parameter_group(DBParameterGroupName=self.name)

    def attached(self, aws):
        """A database that was created with it."""
        return Database.available(aws, EngineVersion="16", DBParameterGroupName=self.name)


def _apply_status(database):
    group = database.now()["DBParameterGroups"][0]
    return group["DBParameterGroupName"], group["ParameterApplyStatus"]


def a_parameter_group_is_made_and_told(aws):
    """A parameter group has its family, description and ARN, and is found by name."""
    group = _Parameters(aws)
    found = aws.rds.describe_db_parameter_groups(DBParameterGroupName=group.name)["DBParameterGroups"][0]
    told = (found["DBParameterGroupFamily"], found["Description"], found["DBParameterGroupArn"])
    assert told == (FAMILY, "of a check", f"arn:aws:rds:us-west-2:{ACCOUNT}:pg:{group.name}"), told


def a_parameter_group_takes_tags(aws):
    """CreateDBParameterGroup takes tags."""
    group = _Parameters(aws, Tags=[{"Key": "Name", "Value": "tuned"}])
    tags = aws.rds.list_tags_for_resource(ResourceName=group.answer["DBParameterGroupArn"])["TagList"]
    assert tags == [{"Key": "Name", "Value": "tuned"}]


def a_parameter_group_is_named_once_and_in_lower_case(aws):
    """A group's name is stored in lower case; a second one of the name is refused."""
    group = _Parameters(aws, unique("Parameters"))
    assert group.answer["DBParameterGroupName"] == group.name.lower()
    expect_error("DBParameterGroupAlreadyExists", _Parameters, aws, group.name.lower())


def a_parameter_group_has_a_family_that_exists(aws):
    """An unknown family is an InvalidParameterValue."""
    create = aws.rds.create_db_parameter_group
    names = {"DBParameterGroupName": unique("p"), "DBParameterGroupFamily": "coralbase9", "Description": "none"}
    expect_error("InvalidParameterValue", create, **names)


def an_absent_parameter_group_is_not_found(aws):
    """Describing an unknown parameter group, and its parameters, answers DBParameterGroupNotFound."""
    expect_error("DBParameterGroupNotFound", aws.rds.describe_db_parameter_groups, DBParameterGroupName="none")
    expect_error("DBParameterGroupNotFound", aws.rds.describe_db_parameters, DBParameterGroupName="none")


def parameters_are_static_or_dynamic(aws):
    """PostgreSQL's max_connections is static, its work_mem dynamic, and both can be changed."""
    parameters = _Parameters(aws).all()
    for name, kind in (("max_connections", "static"), ("work_mem", "dynamic")):
        told = (parameters[name]["ApplyType"], parameters[name]["IsModifiable"])
        assert told == (kind, True), (name, told)


def a_set_parameter_is_the_users(aws):
    """A parameter that was set has its value and source user, and Source=user lists only such."""
    group = _Parameters(aws)
    assert not group.all(Source="user")
    group.set("work_mem", "65536")
    mine = group.all(Source="user")
    assert {name: it["ParameterValue"] for name, it in mine.items()} == {"work_mem": "65536"}, mine
    assert group.all()["work_mem"]["Source"] == "user"


def a_reset_parameter_is_the_engines_again(aws):
    """ResetDBParameterGroup takes set values away."""
    group = _Parameters(aws)
    group.set("work_mem", "65536")
    aws.rds.reset_db_parameter_group(DBParameterGroupName=group.name, ResetAllParameters=True)
    assert not group.all(Source="user")


def an_unknown_parameter_is_refused(aws):
    """A parameter that the family does not have is an InvalidParameterValue."""
    expect_error("InvalidParameterValue", _Parameters(aws).set, "work_memory", "1")


def static_parameters_are_not_applied_immediately(aws):
    """A static parameter with the method immediate is refused: InvalidParameterCombination."""
    expect_error("InvalidParameterCombination", _Parameters(aws).set, "max_connections", "200", "immediate")


def default_groups_cannot_be_modified(aws):
    """A default parameter group is refused modification: InvalidParameterValue."""
    Database(aws, EngineVersion="16")
    parameter = {"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}
    modify = aws.rds.modify_db_parameter_group
    expect_error("InvalidParameterValue", modify, DBParameterGroupName=f"default.{FAMILY}", Parameters=[parameter])


def a_parameter_group_in_use_is_not_deleted(aws):
    """A parameter group that a database has is refused deletion, InvalidDBParameterGroupState, until it is gone."""
    group = _Parameters(aws)
    database = group.attached(aws)
    expect_error("InvalidDBParameterGroupState", group.delete)
    database.delete(SkipFinalSnapshot=True)
    aws.advance(HOUR)
    group.delete()
    expect_error("DBParameterGroupNotFound", aws.rds.describe_db_parameter_groups, DBParameterGroupName=group.name)


def a_parameter_group_given_at_creation_is_in_sync(aws):
    """A database created with a parameter group has it in-sync."""
    group = _Parameters(aws)
    assert _apply_status(group.attached(aws)) == (group.name, "in-sync")


def another_parameter_group_is_attached_at_once_and_waits_for_a_reboot(aws):
    """Another parameter group is attached whatever ApplyImmediately says, pending-reboot; a reboot makes it in-sync."""
    database, group = Database.available(aws, EngineVersion="16"), _Parameters(aws)
    group.set("max_connections", "200", "pending-reboot")
    database.modify(ApplyImmediately=False, DBParameterGroupName=group.name)
    database.settle()
    assert _apply_status(database) == (group.name, "pending-reboot"), _apply_status(database)
    assert not database.pending(), database.pending()
    database.reboot()
    database.until("available")
    assert _apply_status(database) == (group.name, "in-sync"), _apply_status(database)


def a_static_parameter_waits_for_a_reboot(aws):
    """A static parameter set in a group in use makes it pending-reboot at the database until a reboot."""
    group = _Parameters(aws)
    database = group.attached(aws)
    group.set("max_connections", "200", "pending-reboot")
    aws.advance(10 * MINUTE)
    assert _apply_status(database) == (group.name, "pending-reboot"), _apply_status(database)
    assert database.status() == "available"
    database.reboot()
    database.until("available")
    assert _apply_status(database) == (group.name, "in-sync"), _apply_status(database)


def a_dynamic_parameter_is_applied_without_a_reboot(aws):
    """A dynamic parameter set with the method immediate is in-sync after a while."""
    group = _Parameters(aws)
    database = group.attached(aws)
    group.set("work_mem", "65536", "immediate")
    aws.advance(10 * MINUTE)
    assert _apply_status(database) == (group.name, "in-sync"), _apply_status(database)


def a_parameter_group_of_another_family_is_refused(aws):
    """A parameter group of another family than the engine version's is refused: InvalidParameterCombination."""
    group = _Parameters(aws)
    expect_error(
        "InvalidParameterCombination", Database, aws, EngineVersion="15", DBParameterGroupName=group.name
    )
    database = Database.available(aws, EngineVersion="15")
    expect_error("InvalidParameterCombination", database.apply, DBParameterGroupName=group.name)


def _subnets(aws):
    """The ids of the default VPC's subnets, one in each zone."""
    subnets = aws.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    return [it["SubnetId"] for it in sorted(subnets, key=lambda it: it["AvailabilityZone"])]


def _subnet_group(aws, subnets, name=None, **parameters):
    return aws.rds.create_db_subnet_group(
        DBSubnetGroupName=name or unique("subnets"),
        DBSubnetGroupDescription="of a check",
        SubnetIds=subnets,
        **parameters,
    )["DBSubnetGroup"]


def a_subnet_group_is_made_and_told(aws):
    """A subnet group has its subnets, their zones and VPC, and an ARN, and is found by name."""
    subnets = _subnets(aws)[:2]
    made = _subnet_group(aws, subnets)
    found = aws.rds.describe_db_subnet_groups(DBSubnetGroupName=made["DBSubnetGroupName"])["DBSubnetGroups"][0]
    assert sorted(it["SubnetIdentifier"] for it in found["Subnets"]) == sorted(subnets)
    assert len({it["SubnetAvailabilityZone"]["Name"] for it in found["Subnets"]}) == 2
    assert (found["VpcId"], found["SubnetGroupStatus"]) == (aws.default_vpc(), "Complete")
    arn = f"arn:aws:rds:us-west-2:{ACCOUNT}:subgrp:{made['DBSubnetGroupName']}"
    assert found["DBSubnetGroupArn"] == arn, found["DBSubnetGroupArn"]


def a_subnet_group_covers_two_zones(aws):
    """Subnets of one zone only are refused: DBSubnetGroupDoesNotCoverEnoughAZs."""
    expect_error("DBSubnetGroupDoesNotCoverEnoughAZs", _subnet_group, aws, _subnets(aws)[:1])


def subnets_must_exist(aws):
    """A subnet that does not exist is an InvalidSubnet."""
    expect_error("InvalidSubnet", _subnet_group, aws, [_subnets(aws)[0], "subnet-0123456789abcdef0"])


def a_subnet_group_is_named_once_and_in_lower_case(aws):
    """A subnet group's name is stored in lower case; a second one of the name is refused."""
    name, subnets = unique("Subnets"), _subnets(aws)
    assert _subnet_group(aws, subnets, name)["DBSubnetGroupName"] == name.lower()
    expect_error("DBSubnetGroupAlreadyExists", _subnet_group, aws, subnets, name)


def a_subnet_group_can_be_changed(aws):
    """ModifyDBSubnetGroup replaces the subnets and the description."""
    subnets = _subnets(aws)
    name = _subnet_group(aws, subnets[:2])["DBSubnetGroupName"]
    change = {"DBSubnetGroupName": name, "SubnetIds": subnets[:3], "DBSubnetGroupDescription": "wider"}
    aws.rds.modify_db_subnet_group(**change)
    found = aws.rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    assert sorted(it["SubnetIdentifier"] for it in found["Subnets"]) == sorted(subnets[:3])
    assert found["DBSubnetGroupDescription"] == "wider"


def a_database_stands_in_its_subnet_group(aws):
    """A database created in a subnet group tells it, and lies in one of its zones."""
    group = _subnet_group(aws, _subnets(aws)[:2])
    it = Database.available(aws, DBSubnetGroupName=group["DBSubnetGroupName"]).now()
    assert it["DBSubnetGroup"]["DBSubnetGroupName"] == group["DBSubnetGroupName"]
    assert it["AvailabilityZone"] in {s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]}


def a_subnet_group_in_use_is_not_deleted(aws):
    """A subnet group that a database is in is refused deletion, InvalidDBSubnetGroupStateFault, until it is gone."""
    name = _subnet_group(aws, _subnets(aws)[:2])["DBSubnetGroupName"]
    database = Database.available(aws, DBSubnetGroupName=name)
    delete = aws.rds.delete_db_subnet_group
    expect_error("InvalidDBSubnetGroupStateFault", delete, DBSubnetGroupName=name)
    database.delete(SkipFinalSnapshot=True)
    aws.advance(HOUR)
    delete(DBSubnetGroupName=name)
    expect_error("DBSubnetGroupNotFoundFault", delete, DBSubnetGroupName=name)


def an_absent_subnet_group_is_not_found(aws):
    """An unknown subnet group answers DBSubnetGroupNotFoundFault."""
    expect_error("DBSubnetGroupNotFoundFault", aws.rds.describe_db_subnet_groups, DBSubnetGroupName="none")


def a_security_group_of_a_database_is_in_use(aws):
    """EC2 refuses to delete a security group that a database has: DependencyViolation."""
    group = aws.group()
    Database.available(aws, VpcSecurityGroupIds=[group])
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=group)
