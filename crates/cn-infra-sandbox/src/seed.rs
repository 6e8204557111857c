//! What an account holds before its first rehearsal.

use http::Method;
use jiff::SignedDuration;

use crate::caller::{CallError, Caller};
use crate::granted::Granted;
use crate::sandbox::Sandbox;
use crate::xml::Element;

/// Why a seed could not be put in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A call was refused.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The account cannot be kept.
    #[error(transparent)]
    State(#[from] crate::store::StateError),
    /// An answer lacks what the next call needs.
    #[error("the answer lacks {0}")]
    Lacks(&'static str),
}

/// The addresses of the operators and of the campus server "alpha"; those reserved for documentation (RFC 5737).
const OPERATORS: &[&str] = &["198.51.100.7/32", "192.0.2.44/32", "203.0.113.0/28"];
const ALPHA: &str = "192.0.2.80/32";

/// The two buckets of old, and how many objects each is given: a thousandth of what the team had.
const OLD_BUCKETS: &[(&str, u32)] = &[("coralnet-serve-1", 300), ("coralnet-website-serve-staging", 200)];

/// What the CoralNet team had before its migration of 2016, clicked together in consoles and without our tags: one
/// server with its address, one database that alpha may load, a group for each, two old buckets with objects.
///
/// A fresh account gets the same ids each time, so that files can name them: see `examples/beta-migration`.
pub fn beta_migration(sandbox: &Sandbox, account: &str, region: &str) -> Result<(), SeedError> {
    let after = fastrand::u64(..);
    fastrand::seed(2016);
    let seeded = seed(sandbox, &Caller::new(sandbox, account, region), region);
    fastrand::seed(after);
    seeded
}

fn seed(sandbox: &Sandbox, caller: &Caller<'_>, region: &str) -> Result<(), SeedError> {
    let granted = Granted {
        key_pairs: ["coralnet".to_owned()].into(),
        instance_profiles: ["coralnet-server".to_owned()].into(),
        ..Granted::default()
    };
    granted.make(caller)?;
    let web = group(caller, "coralnet-web", "web servers")?;
    open(caller, &web, &["22"], OPERATORS)?;
    open(caller, &web, &["80", "443"], &["0.0.0.0/0"])?;
    let database = group(caller, "coralnet-db", "database")?;
    open(caller, &database, &["5432"], OPERATORS)?;
    open(caller, &database, &["5432"], &[ALPHA])?;
    let from_web = [
        ("GroupId", database.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "5432"),
        ("IpPermissions.1.ToPort", "5432"),
        ("IpPermissions.1.Groups.1.GroupId", web.as_str()),
    ];
    caller.query("ec2", "AuthorizeSecurityGroupIngress", &from_web)?;
    let instance = server(caller, &web)?;
    sandbox.advance(SignedDuration::from_mins(2))?;
    address(caller, &instance)?;
    create_database(caller, &database)?;
    sandbox.advance(SignedDuration::from_mins(30))?;
    for (name, objects) in OLD_BUCKETS {
        bucket(caller, region, name, *objects)?;
    }
    Ok(())
}

fn text(answer: &Element, path: &[&'static str]) -> Result<String, SeedError> {
    let mut at = answer;
    for name in path {
        at = at.child(name).ok_or(SeedError::Lacks(name))?;
    }
    Ok(at.text.clone())
}

fn group(caller: &Caller<'_>, name: &str, description: &str) -> Result<String, SeedError> {
    let parameters = [("GroupName", name), ("GroupDescription", description)];
    text(&caller.query("ec2", "CreateSecurityGroup", &parameters)?, &["groupId"])
}

/// Opens ports to sources, a rule each, as consoles do.
fn open(caller: &Caller<'_>, group: &str, ports: &[&str], sources: &[&str]) -> Result<(), SeedError> {
    for port in ports {
        for source in sources {
            let parameters =
                [("GroupId", group), ("IpProtocol", "tcp"), ("FromPort", port), ("ToPort", port), ("CidrIp", source)];
            caller.query("ec2", "AuthorizeSecurityGroupIngress", &parameters)?;
        }
    }
    Ok(())
}

fn server(caller: &Caller<'_>, group: &str) -> Result<String, SeedError> {
    let image = "resolve:ssm:/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id";
    let parameters = [
        ("ImageId", image),
        ("InstanceType", "t2.medium"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("KeyName", "coralnet"),
        ("SecurityGroupId.1", group),
        ("IamInstanceProfile.Name", "coralnet-server"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "beta"),
    ];
    text(&caller.query("ec2", "RunInstances", &parameters)?, &["instancesSet", "item", "instanceId"])
}

fn address(caller: &Caller<'_>, instance: &str) -> Result<(), SeedError> {
    let allocated = text(&caller.query("ec2", "AllocateAddress", &[("Domain", "vpc")])?, &["allocationId"])?;
    caller.query("ec2", "AssociateAddress", &[("AllocationId", &allocated), ("InstanceId", instance)])?;
    Ok(())
}

/// With the settings that cost money, which phase 1 tones down.
fn create_database(caller: &Caller<'_>, group: &str) -> Result<(), SeedError> {
    let parameters = [
        ("DBInstanceIdentifier", "coralnet"),
        ("DBInstanceClass", "db.t3.micro"),
        ("Engine", "postgres"),
        ("EngineVersion", "16"),
        ("AllocatedStorage", "30"),
        ("StorageType", "gp2"),
        ("DBName", "coralnet"),
        ("MasterUsername", "coralnet"),
        ("ManageMasterUserPassword", "true"),
        ("MultiAZ", "true"),
        ("BackupRetentionPeriod", "14"),
        ("PubliclyAccessible", "true"),
        ("VpcSecurityGroupIds.VpcSecurityGroupId.1", group),
    ];
    caller.query("rds", "CreateDBInstance", &parameters)?;
    Ok(())
}

/// A bucket as they were before 2023: ACLs, nothing blocked.
fn bucket(caller: &Caller<'_>, region: &str, name: &str, objects: u32) -> Result<(), SeedError> {
    let location = format!(
        "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    );
    caller.s3(Method::PUT, &format!("/{name}"), &[("x-amz-object-ownership", "ObjectWriter")], location)?;
    caller.s3(Method::DELETE, &format!("/{name}?publicAccessBlock"), &[], "")?;
    for n in 1..=objects {
        let key = format!("/{name}/media/images/{n:06}.jpg");
        caller.s3(Method::PUT, &key, &[("content-type", "image/jpeg")], format!("image {n}\n").repeat(64))?;
    }
    Ok(())
}
