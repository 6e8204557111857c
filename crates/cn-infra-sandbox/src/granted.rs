//! What an environment takes for granted: objects that it names and does not declare.

use std::collections::BTreeSet;

use http::Method;

use crate::caller::{CallError, Caller};

/// Names of objects that must be there before an environment can be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Key pairs of EC2.
    pub key_pairs: BTreeSet<String>,
    /// Instance profiles of IAM.
    pub instance_profiles: BTreeSet<String>,
    /// Subnet groups of RDS.
    pub subnet_groups: BTreeSet<String>,
    /// Parameter groups of RDS with their families, for example `postgres16`.
    pub parameter_groups: BTreeSet<(String, String)>,
    /// Buckets of S3.
    pub buckets: BTreeSet<String>,
}

impl Granted {
    /// Makes those that are missing, and tells their names. What is there already stays as it is.
    pub fn make(&self, caller: &Caller<'_>) -> Result<Vec<String>, CallError> {
        let mut made = Vec::new();
        let mut ask = |what: &str, name: &str, service: &str, operation: &str, parameters: &[(&str, &str)]| {
            match caller.query(service, operation, parameters) {
                Ok(_) if what.is_empty() => {}
                Ok(_) => made.push(format!("{what} {name}")),
                Err(error) if THERE.contains(&error.code.as_str()) => {}
                Err(error) => return Err(error),
            }
            Ok(())
        };
        for name in &self.key_pairs {
            ask("key pair", name, "ec2", "CreateKeyPair", &[("KeyName", name), ("KeyType", "ed25519")])?;
        }
        for name in &self.instance_profiles {
            let role = [("RoleName", name.as_str()), ("AssumeRolePolicyDocument", SERVERS)];
            ask("role", name, "iam", "CreateRole", &role)?;
            ask("instance profile", name, "iam", "CreateInstanceProfile", &[("InstanceProfileName", name)])?;
            let both = [("InstanceProfileName", name.as_str()), ("RoleName", name)];
            ask("", "", "iam", "AddRoleToInstanceProfile", &both)?;
        }
        let subnets = if self.subnet_groups.is_empty() { Vec::new() } else { subnets(caller)? };
        for name in &self.subnet_groups {
            let mut parameters = vec![("DBSubnetGroupName", name.as_str()), ("DBSubnetGroupDescription", name)];
            parameters.extend(subnets.iter().map(|(parameter, id)| (parameter.as_str(), id.as_str())));
            ask("subnet group", name, "rds", "CreateDBSubnetGroup", &parameters)?;
        }
        for (name, family) in &self.parameter_groups {
            let parameters =
                [("DBParameterGroupName", name.as_str()), ("DBParameterGroupFamily", family), ("Description", name)];
            ask("parameter group", name, "rds", "CreateDBParameterGroup", &parameters)?;
        }
        for name in &self.buckets {
            if caller.s3(Method::HEAD, &format!("/{name}"), &[], "").is_err() {
                caller.s3(Method::PUT, &format!("/{name}"), &[], location(caller.region()))?;
                made.push(format!("bucket {name}"));
            }
        }
        Ok(made)
    }
}

/// The region of a new bucket; that of `us-east-1` is not said.
fn location(region: &str) -> String {
    match region {
        "us-east-1" => String::new(),
        region => format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        ),
    }
}

/// Who may take on the role of a server.
const SERVERS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// How AWS says that an object is there already.
const THERE: &[&str] = &[
    "InvalidKeyPair.Duplicate",
    "EntityAlreadyExists",
    "LimitExceeded",
    "DBSubnetGroupAlreadyExists",
    "DBParameterGroupAlreadyExists",
];

/// All subnets of the region, as the parameters of a subnet group.
fn subnets(caller: &Caller<'_>) -> Result<Vec<(String, String)>, CallError> {
    let answer = caller.query("ec2", "DescribeSubnets", &[])?;
    let ids =
        answer.child("subnetSet").into_iter().flat_map(|set| set.all("item")).filter_map(|item| item.get("subnetId"));
    Ok(ids.enumerate().map(|(n, id)| (format!("SubnetIds.SubnetIdentifier.{}", n + 1), id.to_owned())).collect())
}
