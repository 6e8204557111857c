//! The account and region whose buckets are meant, and a client for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use cn_infra_core::environment::Environment;
use cn_infra_transfer::bucket::Bucket;
use cn_infra_transfer::list::Listing;
use cn_infra_transfer::location::BucketLocation;
use cn_infra_transfer::pace::{Pace, PaceOptions};

use crate::arguments::Bulk;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::survey::{Access, Subject, Survey};

/// An account whose objects are worked on.
pub struct Account {
    /// The session, by an environment of the account.
    pub survey: Survey,
    /// Every environment of the directory that can be loaded.
    pub environments: Vec<Environment>,
}

impl Account {
    /// Opens a session for the account of an environment; no call but the account guard's is made.
    pub async fn open(bulk: &Bulk, access: Access, context: &Context) -> Result<Self> {
        let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
        let loaded = directory.names()?.into_iter().filter_map(|name| directory.load(&name, &kinds).ok());
        let environments: Vec<_> = loaded.collect();
        let name = match &bulk.environment {
            Some(name) => name.clone(),
            None => agreed(&environments)?,
        };
        let survey = Subject::load(&name, context)?.open(access, context).await?;
        Ok(Self { survey, environments })
    }

    /// A bucket of the account: S3 refuses every request if it is another's.
    pub fn bucket(&self, name: &str) -> Bucket {
        let session = &self.survey.session;
        Bucket::new(&session.bulk_s3(), name).owned_by(&session.account)
    }

    /// The objects of a location, as of a directory.
    pub fn listing(&self, location: BucketLocation) -> Listing {
        let location = location.as_directory();
        Listing::new(self.bucket(&location.bucket), location.prefix)
    }

    /// A pace that has learned nothing yet.
    pub fn pace(&self, bulk: &Bulk) -> Arc<Pace> {
        Pace::new(PaceOptions {
            max: bulk.in_flight.into(),
            requests_per_second: bulk.requests_per_second.map(f64::from),
            bytes_per_second: bulk.megabytes_per_second.map(|megabytes| f64::from(megabytes) * 1e6),
            clock: Arc::clone(&self.survey.clock),
            ..PaceOptions::default()
        })
    }
}

/// An environment that stands for all, where they are in one account and region.
fn agreed(environments: &[Environment]) -> Result<String> {
    let places: BTreeSet<_> = environments.iter().map(|of| (&of.account, &of.region)).collect();
    match (environments.first(), places.len()) {
        (Some(first), 1) => Ok(first.name.clone()),
        (None, _) => Err(CommandError::usage("no environment says in which account and region the buckets are").hint(
            "write environments/NAME.toml with a table [environment], or correct those there are: cn-infra check",
        )),
        _ => {
            let names: Vec<_> = environments.iter().map(|environment| environment.name.as_str()).collect();
            let error = CommandError::usage("the environments are in different accounts or regions");
            Err(error.hint(format!("say whose buckets are meant: --in {}", names.join(" or --in "))))
        }
    }
}
