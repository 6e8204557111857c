//! The read-only guard: with it a client cannot send anything that might write.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::error::is_read;

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
        if is_read(operation) {
            return Ok(());
        }
        Err(WriteRefused { operation: operation.to_owned() }.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::error::innermost;
    use crate::testing::Script;

    #[tokio::test]
    async fn what_may_write_is_refused_before_anything_is_sent() {
        let script = Script::new()
            .answer("DescribeAddresses", "")
            .answer("DescribeDBInstances", "")
            .answer("GetCallerIdentity", "")
            .answer("HEAD /media", "");
        let session = script.read_only_session();
        session.ec2.describe_addresses().send().await.expect("reads pass");
        session.rds.describe_db_instances().send().await.expect("reads pass");
        session.sts.get_caller_identity().send().await.expect("reads pass");
        session.s3.head_bucket().bucket("media").send().await.expect("reads pass");
        let reads = script.requests().len();

        let refused = [
            innermost(&session.ec2.release_address().send().await.expect_err("a write")),
            innermost(
                &session.rds.delete_db_instance().db_instance_identifier("main").send().await.expect_err("a write"),
            ),
            innermost(&session.s3.delete_bucket().bucket("media").send().await.expect_err("a write")),
        ];
        assert_eq!(script.requests().len(), reads);
        let may_write = |operation| format!("{operation} may write, and this session only reads");
        assert_eq!(refused, ["ReleaseAddress", "DeleteDBInstance", "DeleteBucket"].map(may_write));
    }
}
