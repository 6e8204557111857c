//! S3 buckets: what a file may say of one, how two versions compare, and how it is read and changed.

mod access;
mod acl;
mod aspect;
mod change;
mod check;
mod content;
mod cors;
mod create;
mod encryption;
mod impact;
mod lifecycle;
mod logging;
mod name;
mod observe;
mod order;
mod policy;
mod tagging;
mod target;
#[cfg(test)]
mod tests;
mod validate;
mod versioning;
mod website;

use cn_infra_core::address::{PhysicalId, Reference};
use cn_infra_core::check::{Context, Finding};
use cn_infra_core::export::Exporting;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{Change, Delete, ManageError, Manager, New, Obstacle, Progress, Scope};
use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Problem, Resource};
use cn_infra_core::value::{FileText, OrNone};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::{ObjectOwnership, PublicAccessBlock};
pub use acl::CannedAcl;
pub use cors::CorsRule;
pub use encryption::{Encryption, KmsEncryption};
pub use lifecycle::{LifecycleRule, Transition};
pub use logging::Logging;
pub use observe::{READS_IN_FLIGHT, tags};
pub use website::{Protocol, Website};

use crate::session::Session;
use target::Target;

/// A bucket. Its common field `name` is the bucket's name, unique in the world, and has to be said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bucket {
    /// Whether overwritten and deleted objects are kept as versions. Once on, versioning can only be suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning: Option<bool>,
    /// Who owns the objects that others upload, and whether ACLs count: AWS makes new buckets `bucket_owner_enforced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_ownership: Option<ObjectOwnership>,
    /// What is refused or ignored of public access: `true` or `false` for all four, or a table of them.
    #[serde(deserialize_with = "access::switch_or_table", skip_serializing_if = "Option::is_none")]
    pub public_access_block: Option<PublicAccessBlock>,
    /// How new objects are encrypted: `"AES256"` (S3's own keys), or `{ kms = "alias/…", bucket_key = true }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// The bucket policy: path of a JSON file of at most 20,480 bytes, or `"none"`. Compared by meaning, sent as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_file: Option<OrNone<FileText>>,
    /// Rules for requests from other origins, the first that fits counts; `[]`: none. At most 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Vec<CorsRule>>,
    /// Rules by which objects expire or move to another storage class; `[]`: none. At most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Vec<LifecycleRule>>,
    /// The bucket's own canned ACL; not usable where ACLs are off (`object_ownership = "bucket_owner_enforced"`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<CannedAcl>,
    /// Where access logs are delivered, `{ bucket = "bucket.logs", prefix = "media/" }`, or `"none"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<OrNone<Logging>>,
    /// Static website hosting, `{ index = "index.html" }` or `{ redirect_all_to = "example.org" }`, or `"none"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<OrNone<Website>>,
}

impl Resource for Bucket {
    const KIND: &'static str = "bucket";
    const FIELDS: &'static [Field] = &[
        Field::managed("versioning"),
        Field::managed("object_ownership"),
        Field::managed("public_access_block.block_public_acls"),
        Field::managed("public_access_block.ignore_public_acls"),
        Field::managed("public_access_block.block_public_policy"),
        Field::managed("public_access_block.restrict_public_buckets"),
        Field::managed("encryption"),
        Field::managed("policy_file").file(),
        Field::managed("cors"),
        Field::managed("lifecycle"),
        Field::managed("acl"),
        Field::managed("logging"),
        Field::managed("website"),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output { name: "name", doc: "The bucket's name." },
        Output { name: "arn", doc: "Its ARN, as policies name it." },
        Output { name: "domain", doc: "Its host name within its region." },
        Output { name: "website_endpoint", doc: "The host name of its website, where `website` is managed and on." },
    ];
    const NAMING: Naming = Naming { tag: false, required: true, unique: true };
    const HOLDS_DATA: bool = true;
    const ID_FORM: &'static str = "coralnet-production (a bucket's name)";

    fn is_physical_id(text: &str) -> bool {
        name::fault(text).is_none()
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        if let Some(logging) = self.logging.as_mut().and_then(OrNone::some_mut) {
            each("logging.bucket", logging.bucket.get_mut());
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        impact::of(change)
    }

    /// Only `live` is rewritten: what is sent and saved is what the user wrote.
    fn normalize(&mut self, live: &mut Self, _now: Timestamp) {
        if let (Some(desired), Some(live)) = (&self.encryption, &mut live.encryption) {
            live.liken(desired);
        }
        if let (Some(OrNone::Some(desired)), Some(OrNone::Some(live))) = (&self.policy_file, &mut live.policy_file) {
            policy::liken(live, desired);
        }
        if let (Some(desired), Some(live)) = (&self.cors, &mut live.cors) {
            cors::liken(live, desired);
        }
        if let (Some(desired), Some(live)) = (&self.lifecycle, &mut live.lifecycle) {
            lifecycle::liken(live, desired);
        }
    }

    fn export(&mut self, _: &Exporting<'_>) -> Result<Vec<String>, String> {
        if self.object_ownership == Some(ObjectOwnership::BucketOwnerEnforced) {
            // There are no ACLs then.
            self.acl = None;
        }
        Ok(Vec::new())
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        validate::bucket(self, each);
    }

    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        check::bucket(self, context, each);
    }

    fn after_delete(&self, _: &str) -> Option<String> {
        Some("an empty one: S3 keeps nothing of a deleted bucket".to_owned())
    }
}

/// Reads and changes buckets.
///
/// S3 refuses parallel writes to the configuration of one bucket, so they go out one after the other in a fixed order.
#[derive(Clone, Debug)]
pub struct Buckets {
    session: Session,
}

impl Buckets {
    /// The buckets of the session's account and region.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone() }
    }

    fn target<'a>(&'a self, name: &'a str) -> Target<'a> {
        Target { session: &self.session, name }
    }
}

impl Manager for Buckets {
    type Resource = Bucket;

    /// Reads the declared buckets only, of each the aspects that its resource manages, and the tags always.
    async fn observe(&self, scope: &Scope<'_, Bucket>) -> Result<Vec<Observed<Bucket>>, ManageError> {
        observe::buckets(&self.session, scope).await
    }

    async fn observe_undeclared(&self) -> Result<Vec<Observed<Bucket>>, ManageError> {
        observe::tagged(&self.session).await
    }

    async fn observe_whole(&self) -> Result<Vec<Observed<Bucket>>, ManageError> {
        observe::whole(&self.session).await
    }

    /// Whether objects are in them, versions too: one listing of one key each.
    async fn obstacles(&self, doomed: &[Observed<Bucket>]) -> Result<Vec<(PhysicalId, Obstacle)>, ManageError> {
        content::obstacles(&self.session, doomed).await
    }

    async fn create(&self, new: New<'_, Bucket>) -> Result<PhysicalId, ManageError> {
        create::bucket(&self.target(new.name), &new).await
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, Bucket>) -> Result<Progress, ManageError> {
        change::bucket(&self.target(&id.0), &change).await
    }

    async fn delete(&self, id: &PhysicalId, _what: Delete<'_, Bucket>) -> Result<Progress, ManageError> {
        change::delete(&self.target(&id.0)).await
    }
}
