"""Reads lines "service operation"; tells as JSON how botocore says that each is asked: names, headers, elements."""

import json
import sys

import botocore.session

DEPTH = 6  # some structures contain themselves


def forms(shape, prefix, ec2, depth=0, only=None):
    """The names of the parameters of a form, with 1 for every number; of some members only."""
    if depth > DEPTH:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if ec2:
                wire = member.serialization.get("queryName", wire[0].upper() + wire[1:])
            if only is None or name in only:
                yield from forms(member, f"{prefix}.{wire}" if prefix else wire, ec2, depth + 1)
    elif shape.type_name == "list":
        flat = ec2 or shape.serialization.get("flattened")
        step = prefix if flat else f"{prefix}.{shape.member.serialization.get('name', 'member')}"
        yield from forms(shape.member, f"{step}.1", ec2, depth + 1)
    elif shape.type_name != "map":
        yield prefix


def elements(shape, name, depth=0):
    """The elements of a document, as a tree of [name, children]."""
    children = []
    if depth < DEPTH and shape.type_name == "structure":
        for member_name, member in shape.members.items():
            wire = member.serialization.get("name", member_name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                member = member.member
            children.append(elements(member, wire, depth + 1))
    elif depth < DEPTH and shape.type_name == "list":
        children.append(elements(shape.member, shape.member.serialization.get("name", "member"), depth + 1))
    return [name, children]


def rest(model):
    """Method, path, headers, parameters and document of an operation of S3."""
    shape, headers, query, document = model.input_shape, [], [], None
    for name, member in shape.members.items() if shape else []:
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "header":
            headers.append(wire)
        elif where == "headers":
            headers.append(f"{wire}colour")
        elif where == "querystring":
            query.append(wire)
        elif shape.serialization.get("payload") == name and member.type_name == "structure":
            document = elements(member, wire)
    return {"method": model.http["method"], "uri": model.http["requestUri"], "headers": headers, "query": query,
            "document": document}


def main():
    session, asked = botocore.session.get_session(), []
    for line in sys.stdin:
        service, operation = line.split()
        models = [session.get_service_model(name) for name in (["s3", "s3control"] if service == "s3" else [service])]
        models = [known.operation_model(operation) for known in models if operation in known.operation_names]
        # The control of S3 has the buckets of Outposts, too, by the names of S3.
        models = [model for model in models if not model.http["requestUri"].startswith("/v20180820/bucket")]
        if not models:
            sys.exit(f"botocore knows no {service} {operation}")
        for model in models:
            shape, ec2 = model.input_shape, service == "ec2"
            names = sorted(forms(shape, "", ec2)) if shape and service != "s3" else []
            needed = {name.split(".")[0] for name in forms(shape, "", ec2, only=shape.required_members)} if names else []
            asked.append({
                "service": service,
                "operation": operation,
                "needed": [name for name in names if name.split(".")[0] in needed],
                "optional": [name for name in names if name.split(".")[0] not in needed],
                "rest": rest(model) if service == "s3" else None,
            })
    json.dump(asked, sys.stdout)


main()
