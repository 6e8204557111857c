//! The read-only guard: with it a client cannot send anything that might write.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// What a reading operation's name begins with, in EC2, RDS, S3 and STS.
const READS: [&str; 4] = ["Describe", "Get", "List", "Head"];

/// Refuses every operation that may write, before it is serialized or signed.
#[derive(Debug)]
pub(super) struct ReadOnly;

/// An operation that may write was called on a read-only session.
#[derive(Debug, thiserror::Error)]
#[error("{operation} may write, and this session only reads")]
pub struct WriteRefused {
    operation: String,
}

#[dyn_dispatch_hint]
impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "cn-infra read-only guard"
    }

    // The first hook that knows the operation.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("an unnamed operation", Metadata::name);
        if READS.iter().any(|read| operation.starts_with(read)) {
            return Ok(());
        }
        Err(WriteRefused { operation: operation.to_owned() }.into())
    }
}
