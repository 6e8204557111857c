//! S3: buckets and objects, of all accounts and regions, since names are global.
//!
//! `route` tells from method, path and query what a request asks for; each file has its operations as a table.

mod account;
mod acl;
mod body;
mod buckets;
mod configuration;
mod objects;
mod route;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;

pub use buckets::{Bucket, bucket};
pub use configuration::{PublicAccessBlock, Writers};
pub use objects::Blobs;
use objects::Objects;
pub use route::{Ask, On, Operation, is_control, names_bucket};

use crate::error::AwsError;
use crate::iam::Iam;
use crate::request::Request;
use crate::sandbox::InFlight;
use crate::settings::Settings;
use crate::table::{Rows, Table};
use crate::xml::Xml;

/// What an operation answers.
pub type Answer = Result<Response<Bytes>, AwsError>;

/// S3 of all accounts.
#[derive(Debug, Default)]
pub struct S3 {
    /// By name.
    pub buckets: Table<Bucket>,
    /// What accounts refuse of public access, by account.
    pub blocks: Table<PublicAccessBlock>,
    /// The objects in them.
    pub objects: Objects,
    /// Who writes buckets' configuration right now.
    pub writers: Writers,
}

impl S3 {
    /// The tables that the running request can have changed, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(String, &mut dyn Rows)> {
        let Self { buckets, blocks, objects, writers: _ } = self;
        let mut tables = objects.tables();
        tables.push(("buckets".to_owned(), buckets));
        tables.push(("blocks".to_owned(), blocks));
        tables
    }

    /// All tables, for a snapshot.
    pub fn all_tables(&mut self) -> Vec<(String, &mut dyn Rows)> {
        let Self { buckets, blocks, objects, writers: _ } = self;
        let mut tables = objects.all_tables();
        tables.push(("buckets".to_owned(), buckets));
        tables.push(("blocks".to_owned(), blocks));
        tables
    }

    /// The table of a name.
    pub fn table(&mut self, name: &str) -> Option<&mut dyn Rows> {
        match name {
            "buckets" => Some(&mut self.buckets),
            "blocks" => Some(&mut self.blocks),
            _ => self.objects.table(name),
        }
    }

    /// How many buckets an account has, and how many objects are in them, each version counted.
    pub fn count(&self, account: &str) -> (usize, usize) {
        let own = || self.buckets.iter().filter(|(_, bucket)| bucket.owner == account);
        (own().count(), own().map(|(name, _)| self.objects.index(name).len()).sum())
    }

    /// Forgets all rows; the bytes of objects stay.
    pub fn forget(&mut self) {
        (self.buckets, self.blocks, self.writers) = Default::default();
        self.objects.forget();
    }
}

/// One call's surroundings.
#[derive(Debug)]
pub struct Context<'a> {
    /// The virtual time of the call.
    pub now: Timestamp,
    /// The caller's account.
    pub account: &'a str,
    /// The region that the request is signed for.
    pub region: &'a str,
    /// Quotas and switches.
    pub settings: &'a Settings,
    /// All buckets.
    pub s3: &'a mut S3,
    /// The roles of accounts, which policies name.
    pub iam: &'a BTreeMap<String, Iam>,
    /// The call itself, where its answer takes time.
    pub in_flight: Option<&'a InFlight>,
}

/// The operations that are modelled.
pub const TABLES: &[&[Operation]] = &[
    account::OPERATIONS,
    buckets::OPERATIONS,
    configuration::access::OPERATIONS,
    configuration::acl::OPERATIONS,
    configuration::cors::OPERATIONS,
    configuration::encryption::OPERATIONS,
    configuration::lifecycle::OPERATIONS,
    configuration::logging::OPERATIONS,
    configuration::ownership::OPERATIONS,
    configuration::policy::OPERATIONS,
    configuration::tagging::OPERATIONS,
    configuration::versioning::OPERATIONS,
    configuration::website::OPERATIONS,
    objects::OPERATIONS,
];

/// The name of the operation that a request asks for, for example `PutBucketTagging`; empty where none is modelled.
pub fn operation(request: &Request) -> &'static str {
    route::find(TABLES, &Ask::of(request)).map_or("", |operation| operation.name)
}

/// Carries a request out.
pub fn call(context: &mut Context<'_>, request: &Request) -> Answer {
    let ask = Ask::of(request);
    let unknown = || {
        let query: Vec<_> = ask.query.iter().map(|(key, _)| key.as_str()).collect();
        AwsError::not_modelled(format!(
            "{} {} with the query [{}]",
            request.parts.method,
            request.path(),
            query.join(", ")
        ))
    };
    let operation = route::find(TABLES, &ask).ok_or_else(unknown)?;
    if !objects::OPERATIONS.iter().any(|of_objects| of_objects.name == operation.name) {
        configuration::policy::permit(context, &ask, operation.name)?;
    }
    (operation.run)(context, &ask)
}

/// An answer without a body.
fn empty(status: u16) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// An answer whose document has `root` as its element, in S3's namespace.
fn document(root: &str, content: impl FnOnce(&mut Xml)) -> Response<Bytes> {
    let mut xml = Xml::new();
    xml.element(&format!("{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""), content);
    crate::service::answer(200, "application/xml", xml.document())
}
