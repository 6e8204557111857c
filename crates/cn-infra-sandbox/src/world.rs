//! All accounts and regions, and the way of a request through them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use serde_json::Value;

use crate::contents::Contents;
use crate::context::Context;
use crate::ec2::Ec2;
use crate::error::AwsError;
use crate::iam::Iam;
use crate::ids;
use crate::query::Form;
use crate::rds::Rds;
use crate::request::{Request, Scope};
use crate::s3::{self, Blobs, S3};
use crate::sandbox::InFlight;
use crate::service::{Service, answer};
use crate::settings::Settings;
use crate::table::{Change, Rows, Table};

/// One region of one account.
#[derive(Debug, Default)]
struct Region {
    /// When it had its first request. One row, so that what is deleted of what it began with does not come back.
    begun: Table<Timestamp>,
    ec2: Ec2,
    rds: Rds,
}

impl Region {
    fn tables(&mut self, account: &str, region: &str) -> impl Iterator<Item = Placed<'_>> {
        let Self { begun, ec2, rds } = self;
        let begun = placed(&format!("region/{account}/{region}"), vec![("begun", begun as &mut dyn Rows)]);
        let ec2 = placed(&format!("ec2/{account}/{region}"), ec2.tables());
        begun.chain(ec2).chain(placed(&format!("rds/{account}/{region}"), rds.tables()))
    }
}

/// A table's place, its name, and it.
type Placed<'a> = (String, Cow<'static, str>, &'a mut dyn Rows);

/// Tables with their place.
fn placed<'a, N: Into<Cow<'static, str>>>(
    place: &str,
    tables: Vec<(N, &'a mut dyn Rows)>,
) -> impl Iterator<Item = Placed<'a>> + use<'a, N> {
    let place = place.to_owned();
    tables.into_iter().map(move |(name, rows)| (place.clone(), name.into(), rows))
}

/// Everything that is simulated.
#[derive(Debug, Default)]
pub struct World {
    regions: BTreeMap<(String, String), Region>,
    iam: BTreeMap<String, Iam>,
    s3: S3,
}

/// The largest body that a service but S3 takes, in bytes. AWS documents none; the largest parameter that it does, the
/// user data of a server, has 16 KiB.
const MAX_FORM: usize = 1 << 20;

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
        if request.body.len() > MAX_FORM && !matches!(service, Service::S3 | Service::S3Control) {
            return Err(AwsError::new("RequestEntityTooLarge", "The request is too large.").status(413));
        }
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

    /// How many instances it shall start at the most: `MaxCount`, where that is a number.
    pub fn instances(&self) -> u32 {
        self.form.params().number("MaxCount").ok().flatten().unwrap_or_default()
    }

    /// Whether a read names neither filters nor ids nor a page size.
    pub fn asks_for_everything(&self) -> bool {
        self.form.keys().all(|key| matches!(key, "Action" | "Version" | "DryRun"))
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
        let region = ask.scope.region.as_str();
        let mut changes = Vec::new();
        // What an account begins with and what time brought stay, whatever becomes of the request.
        let prepared = caught(|| self.prepare(ask.service, account, region, now));
        self.end(ask, account, prepared.is_ok(), &mut changes);
        let handle = || match ask.service {
            Service::S3 | Service::S3Control => {
                self.iam.entry(account.to_owned()).or_default();
                let Self { s3, iam, .. } = self;
                s3::call(&mut s3::Context { now, account, region, settings, s3, iam, in_flight }, request)
            }
            Service::Ssm => self.json(ask, request, account, settings, now),
            Service::Ec2 | Service::Rds | Service::Sts | Service::Iam => self.query(ask, account, settings, now),
        };
        let result = prepared.and_then(|()| caught(handle)?);
        self.end(ask, account, result.is_ok(), &mut changes);
        (result, changes)
    }

    /// Keeps what was changed and adds it to `changes`, or takes it back.
    fn end(&mut self, ask: &Ask, account: &str, keep: bool, changes: &mut Vec<Change>) {
        for (place, name, rows) in self.tables(ask.service, account, &ask.scope.region) {
            if keep {
                rows.commit(&mut |key, row| changes.push((format!("{place}/{name}"), key.to_owned(), row)));
            } else {
                rows.roll_back();
            }
        }
    }

    /// Lets happen what is due in a region, which begins with its first request.
    fn prepare(&mut self, service: Service, account: &str, region: &str, now: Timestamp) {
        if matches!(service, Service::S3 | Service::S3Control) {
            return;
        }
        let place = self.place(account, region);
        if place.begun.is_empty() {
            place.begun.insert("at", now);
            place.ec2.begin(account, region, now);
        }
        place.ec2.settle(now);
        place.rds.settle(now);
    }

    /// The tables that a request to a service can have changed: where they are, their names, and they.
    fn tables(&mut self, service: Service, account: &str, region: &str) -> Vec<Placed<'_>> {
        if matches!(service, Service::S3 | Service::S3Control) {
            return placed("s3", self.s3.tables()).collect();
        }
        let place = self.regions.get_mut(&(account.to_owned(), region.to_owned()));
        let regional = place.into_iter().flat_map(|place| place.tables(account, region));
        let iam = self.iam.get_mut(account).into_iter();
        regional.chain(iam.flat_map(|iam| placed(&format!("iam/{account}"), iam.tables()))).collect()
    }

    /// Sets a row as the journal has it, or removes it.
    pub fn load(&mut self, (path, key, row): Change) -> Result<(), String> {
        let unknown = || format!("there is no table {path}");
        let (service, rest) = path.split_once('/').ok_or_else(unknown)?;
        if service == "s3" {
            let rows = self.s3.table(rest).ok_or_else(unknown)?;
            return rows.load(&key, row).map_err(|error| error.to_string());
        }
        let (place, name) = rest.rsplit_once('/').ok_or_else(unknown)?;
        let tables = match (service, place.split_once('/')) {
            ("iam", None) => self.iam.entry(place.to_owned()).or_default().tables(),
            ("region", Some((account, region))) => {
                vec![("begun", &mut self.place(account, region).begun as &mut dyn Rows)]
            }
            ("ec2", Some((account, region))) => self.place(account, region).ec2.tables(),
            ("rds", Some((account, region))) => self.place(account, region).rds.tables(),
            _ => Vec::new(),
        };
        let (_, rows) = tables.into_iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        rows.load(&key, row).map_err(|error| error.to_string())
    }

    fn place(&mut self, account: &str, region: &str) -> &mut Region {
        self.regions.entry((account.to_owned(), region.to_owned())).or_default()
    }

    /// Keeps the bytes of objects in a file, after those that it has.
    pub fn keep_bytes_in(&mut self, file: &Path) -> io::Result<()> {
        self.s3.objects.blobs = Blobs::open(file)?;
        Ok(())
    }

    /// Takes over the bytes of another world's objects.
    pub fn copy_bytes_of(&mut self, other: &Self) -> io::Result<()> {
        self.s3.objects.blobs = other.s3.objects.blobs.copy()?;
        Ok(())
    }

    /// Forgets the bytes of all objects.
    pub fn clear_bytes(&mut self) -> io::Result<()> {
        self.s3.objects.blobs.clear()
    }

    /// Forgets all rows; the bytes of objects stay.
    pub fn forget(&mut self) {
        self.regions.clear();
        self.iam.clear();
        self.s3.forget();
    }

    /// Tells all rows: the path of the table, the key, the row.
    pub fn dump(&mut self, each: &mut dyn FnMut(&str, &str, Value)) {
        for (path, rows) in self.all() {
            rows.dump(&mut |key, row| each(&path, key, row));
        }
    }

    /// What was made in each account and region.
    pub fn contents(&self, now: Timestamp) -> Vec<Contents> {
        let Self { regions, iam, s3 } = self;
        let owners = s3.buckets.values().map(|bucket| bucket.owner.as_str());
        let accounts: BTreeSet<_> = regions
            .keys()
            .map(|(account, _)| account.as_str())
            .chain(iam.keys().map(String::as_str))
            .chain(owners)
            .collect();
        let of_account = |account: &str| {
            let regional = regions.iter().filter(|((of, _), _)| of == account);
            let regional: Vec<_> = regional
                .filter_map(|((_, region), Region { ec2, rds, .. })| {
                    Contents::of_region(account, region, (ec2, rds), now)
                })
                .collect();
            regional.into_iter().chain(Contents::of_account(account, iam.get(account), s3)).collect::<Vec<_>>()
        };
        accounts.into_iter().flat_map(of_account).collect()
    }

    fn all(&mut self) -> Vec<(String, &mut dyn Rows)> {
        let regional = self.regions.iter_mut().flat_map(|((account, region), place)| place.tables(account, region));
        let iam = self.iam.iter_mut().flat_map(|(account, iam)| placed(&format!("iam/{account}"), iam.tables()));
        let all = placed("s3", self.s3.all_tables()).chain(regional).chain(iam);
        all.map(|(place, name, rows)| (format!("{place}/{name}"), rows)).collect()
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
        let Region { ec2, rds, .. } = self.regions.entry((account.to_owned(), region.to_owned())).or_default();
        let iam = self.iam.entry(account.to_owned()).or_default();
        Context { now, account, region, settings, ec2, rds, iam }
    }
}

/// What `work` returns. Where it panics, that is a bug of the sandbox, which goes on.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, AwsError> {
    let bug = |_| AwsError::new("InternalFailure", "The sandbox failed: this is a bug in it.").status(500);
    catch_unwind(AssertUnwindSafe(work)).map_err(bug)
}
