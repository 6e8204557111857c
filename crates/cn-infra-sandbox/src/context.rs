//! What a handler of the query protocol works on: one region of one account, the time, and the settings.

use jiff::{SignedDuration, Timestamp};

use crate::ec2::Ec2;
use crate::error::AwsError;
use crate::iam::Iam;
use crate::query::Params;
use crate::rds::Rds;
use crate::settings::Settings;
use crate::xml::Xml;

/// One call's surroundings. Handlers may change rows freely and fail later: a failed request is taken back as a whole.
#[derive(Debug)]
pub struct Context<'a> {
    /// The virtual time of the call. One call has one time.
    pub now: Timestamp,
    /// The caller's account.
    pub account: &'a str,
    /// The region that the request is signed for.
    pub region: &'a str,
    /// Quotas and switches.
    pub settings: &'a Settings,
    /// EC2 of this account and region.
    pub ec2: &'a mut Ec2,
    /// RDS of this account and region.
    pub rds: &'a mut Rds,
    /// IAM of this account.
    pub iam: &'a mut Iam,
}

impl Context<'_> {
    /// Whether an object made at `made` can be seen yet: with eventual consistency on, a just-made one cannot for a while.
    pub fn can_see(&self, made: Timestamp) -> bool {
        let delay = SignedDuration::try_from_secs_f64(self.settings.consistency_delay).unwrap_or(SignedDuration::MAX);
        self.settings.consistency_delay <= 0.0 || self.now.duration_since(made) >= delay
    }
}

/// One operation of the query protocol.
#[derive(Debug)]
pub struct Operation {
    /// Its name, for example `RunInstances`.
    pub name: &'static str,
    /// The parameters that AWS's model requires; of a list, its name: `InstanceId` for `InstanceId.1`.
    pub required: &'static [&'static str],
    /// Carries it out and writes what stands in the answer beside the request's id.
    pub run: fn(&mut Context<'_>, &Params<'_>) -> Result<Xml, AwsError>,
}

impl Operation {
    /// A row of a table of operations.
    pub const fn new(
        name: &'static str,
        required: &'static [&'static str],
        run: fn(&mut Context<'_>, &Params<'_>) -> Result<Xml, AwsError>,
    ) -> Self {
        Self { name, required, run }
    }

    /// Runs it, once all that is required is there.
    pub fn call(&self, context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
        match self.required.iter().find(|name| !params.has(name)) {
            Some(name) => {
                Err(AwsError::new("MissingParameter", format!("The request must contain the parameter {name}")))
            }
            None => (self.run)(context, params),
        }
    }
}
