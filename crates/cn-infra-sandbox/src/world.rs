//! All accounts and regions, and the way of a request through them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;

use crate::context::Context;
use crate::ec2::Ec2;
use crate::error::AwsError;
use crate::iam::Iam;
use crate::ids;
use crate::query::Form;
use crate::rds::Rds;
use crate::request::{Request, Scope};
use crate::s3::{self, S3};
use crate::sandbox::InFlight;
use crate::service::{Service, answer};
use crate::settings::Settings;
use crate::table::{Change, Rows};

/// One region of one account.
#[derive(Debug, Default)]
struct Region {
    ec2: Ec2,
    rds: Rds,
}

/// Everything that is simulated.
#[derive(Debug, Default)]
pub struct World {
    regions: BTreeMap<(String, String), Region>,
    iam: BTreeMap<String, Iam>,
    s3: S3,
}

/// A request that was taken apart so far that one knows what it asks for.
#[derive(Debug)]
pub struct Ask {
    /// Which service.
    pub service: Service,
    /// Which operation; empty where the request names none.
    pub operation: String,
    /// Who calls, and for which region.
    pub scope: Scope,
    form: Form,
}

impl Ask {
    /// Takes a request apart.
    pub fn of(request: &Request) -> Result<Self, AwsError> {
        let scope = Scope::of(request)?;
        let unknown =
            || AwsError::new("InvalidAction", format!("The sandbox does not model the service {}.", scope.service));
        let service = match Service::named(&scope.service).ok_or_else(unknown)? {
            Service::S3 if s3::is_control(request) => Service::S3Control,
            service => service,
        };
        let (operation, form) = match service {
            Service::S3 | Service::S3Control => (s3::operation(request).to_owned(), Form::default()),
            Service::Ssm => {
                let target = request.header("x-amz-target").unwrap_or_default();
                (target.rsplit('.').next().unwrap_or_default().to_owned(), Form::default())
            }
            Service::Ec2 | Service::Rds | Service::Sts | Service::Iam => {
                let query = request.parts.uri.query().filter(|_| request.body.is_empty());
                let form = Form::parse(query.map_or(&request.body, |query| query.as_bytes()));
                (form.params().get("Action").unwrap_or_default().to_owned(), form)
            }
        };
        Ok(Self { service, operation, scope, form })
    }
}

impl World {
    /// Carries a request out: all of it, or nothing. Tells what it changed, for the journal.
    pub fn carry_out(
        &mut self,
        ask: &Ask,
        request: &Request,
        account: &str,
        settings: &Settings,
        now: Timestamp,
        in_flight: Option<&InFlight>,
    ) -> (Result<Response<Bytes>, AwsError>, Vec<Change>) {
        let account = ask.scope.account(account);
        let mut changes = Vec::new();
        if ask.service != Service::S3 {
            // What an account begins with and what time brought stay, whatever becomes of the request.
            self.prepare(account, &ask.scope.region, now);
            self.end(ask, account, true, &mut changes);
        }
        let result = match ask.service {
            Service::S3 | Service::S3Control => {
                self.iam.entry(account.to_owned()).or_default();
                let Self { s3, iam, .. } = self;
                let region = &ask.scope.region;
                s3::call(&mut s3::Context { now, account, region, settings, s3, iam, in_flight }, request)
            }
            Service::Ssm => self.json(ask, request, account, settings, now),
            Service::Ec2 | Service::Rds | Service::Sts | Service::Iam => self.query(ask, account, settings, now),
        };
        self.end(ask, account, result.is_ok(), &mut changes);
        (result, changes)
    }

    /// Keeps what was changed and adds it to `changes`, or takes it back.
    fn end(&mut self, ask: &Ask, account: &str, keep: bool, changes: &mut Vec<Change>) {
        for (path, rows) in self.tables(ask.service, account, &ask.scope.region) {
            if keep {
                rows.commit(&mut |key, row| changes.push((path.clone(), key.to_owned(), row)));
            } else {
                rows.roll_back();
            }
        }
    }

    /// Lets happen what is due in a region, which begins with its first request.
    fn prepare(&mut self, account: &str, region: &str, now: Timestamp) {
        let place = self.regions.entry((account.to_owned(), region.to_owned())).or_insert_with(|| {
            let mut place = Region::default();
            place.ec2.begin(account, region, now);
            place.rds.begin(account, region, now);
            place
        });
        place.ec2.settle(now);
        place.rds.settle(now);
    }

    /// The tables that a request to a service can have changed.
    fn tables(&mut self, service: Service, account: &str, region: &str) -> Vec<(String, &mut dyn Rows)> {
        if matches!(service, Service::S3 | Service::S3Control) {
            let tables = self.s3.tables().into_iter();
            return tables.map(|(name, rows)| (format!("s3/{name}"), rows)).collect();
        }
        let mut all = Vec::new();
        if let Some(Region { ec2, rds }) = self.regions.get_mut(&(account.to_owned(), region.to_owned())) {
            for (name, rows) in ec2.tables() {
                all.push((format!("ec2/{account}/{region}/{name}"), rows));
            }
            for (name, rows) in rds.tables() {
                all.push((format!("rds/{account}/{region}/{name}"), rows));
            }
        }
        if let Some(iam) = self.iam.get_mut(account) {
            for (name, rows) in iam.tables() {
                all.push((format!("iam/{account}/{name}"), rows));
            }
        }
        all
    }

    fn query(
        &mut self,
        ask: &Ask,
        account: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Response<Bytes>, AwsError> {
        let name = ask.operation.as_str();
        let invalid =
            || AwsError::new("InvalidAction", format!("The action {name} is not valid for this web service."));
        let operation = ask.service.query_operation(name).ok_or_else(invalid)?;
        let params = ask.form.params();
        params.get("Version");
        let dry_run = ask.service == Service::Ec2 && params.flag("DryRun")?.unwrap_or_default();
        let mut context = self.context(account, &ask.scope.region, settings, now);
        let body = operation.call(&mut context, &params)?;
        if let Some(name) = ask.form.unread() {
            let message = format!("The parameter {name} is not recognized, or not modelled by the sandbox.");
            return Err(AwsError::new("UnknownParameter", message));
        }
        if dry_run {
            let message = "Request would have succeeded, but DryRun flag is set.";
            return Err(AwsError::new("DryRunOperation", message).status(412));
        }
        Ok(ask.service.query_answer(name, &body, &ids::request()))
    }

    fn json(
        &mut self,
        ask: &Ask,
        request: &Request,
        account: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Response<Bytes>, AwsError> {
        let malformed = |_| AwsError::new("SerializationException", "The body is not JSON.");
        let input = serde_json::from_slice(&request.body).map_err(malformed)?;
        let mut context = self.context(account, &ask.scope.region, settings, now);
        let output = crate::ssm::call(&mut context, &ask.operation, &input)?;
        Ok(answer(200, "application/x-amz-json-1.1", output.to_string()))
    }

    fn context<'a>(
        &'a mut self,
        account: &'a str,
        region: &'a str,
        settings: &'a Settings,
        now: Timestamp,
    ) -> Context<'a> {
        let Region { ec2, rds } = self.regions.entry((account.to_owned(), region.to_owned())).or_default();
        let iam = self.iam.entry(account.to_owned()).or_default();
        Context { now, account, region, settings, ec2, rds, iam }
    }
}
