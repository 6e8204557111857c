//! What a change of one field of a bucket costs.

use cn_infra_core::resource::{FieldChange, Impact};
use serde_json::Value;

use super::Bucket;

pub(super) fn of(change: &FieldChange<'_, Bucket>) -> Impact {
    let to = |value: &str| change.after.and_then(Value::as_str) == Some(value);
    let on = change.after.and_then(Value::as_bool);
    match change.path {
        "name" => Impact::impossible(
            "a bucket cannot be renamed",
            "declare a new bucket, copy the objects, point references at it, then delete the old one",
        ),
        "versioning" if on == Some(false) => {
            Impact::noted("suspends versioning: no new versions, those that exist stay")
        }
        "versioning" => Impact::noted("once on, versioning can only be suspended"),
        "object_ownership" if to("bucket_owner_enforced") => {
            Impact::noted("ACLs no longer count: access that only an ACL gives ends")
        }
        "object_ownership" => Impact::noted("ACLs of the bucket and its objects count"),
        "encryption" => Impact::noted("for new objects; those that exist stay as they are"),
        "policy_file" if to("none") => Impact::noted("access that only the policy gives ends"),
        "lifecycle" => Impact::noted("counts for objects that exist too; what expires cannot be brought back"),
        "acl" if to("public-read") || to("public-read-write") => Impact::noted("everyone gets access to the bucket"),
        "acl" if to("authenticated-read") => Impact::noted("every AWS account gets access to the bucket"),
        "website" if to("none") => Impact::noted("the website endpoint stops answering"),
        path => path.strip_prefix("public_access_block.").map_or(Impact::in_place(), |switch| blocks(switch, on)),
    }
}

fn blocks(switch: &str, on: Option<bool>) -> Impact {
    let on = on == Some(true);
    match switch {
        "block_public_acls" if on => Impact::noted("public ACLs are refused from now on; those that exist stay"),
        "ignore_public_acls" if on => Impact::noted("access that only a public ACL gives ends"),
        "block_public_policy" if on => Impact::noted("a public policy is refused from now on; the present one stays"),
        "restrict_public_buckets" if on => Impact::noted("access that only a public policy gives ends"),
        "ignore_public_acls" => Impact::noted("public ACLs count, also those that exist"),
        "restrict_public_buckets" => Impact::noted("a public policy counts, also the present one"),
        _ => Impact::in_place(),
    }
}
