//! Dry runs: EC2 checks a request and its permissions, and does nothing.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>: what would have succeeded is answered
//! with the error `DryRunOperation`.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use super::Session;
use super::read_only::ReadOnly;
use crate::error::is_read;

/// The code of the answer that a request would have succeeded.
pub(crate) const WOULD_SUCCEED: &str = "DryRunOperation";

/// The operations of EC2 among those that this tool sends that write and take no `DryRun`.
const WITHOUT: [&str; 3] =
    ["AssociateIamInstanceProfile", "DisassociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"];

/// A write was not sent, as there is no dry run of it.
#[derive(Debug, thiserror::Error)]
#[error("AWS knows no dry run of {operation}")]
pub struct NoDryRun {
    operation: String,
}

impl Session {
    /// The same session, whose writes to EC2 are dry runs and whose other writes are refused.
    #[must_use]
    pub fn dry_run(&self) -> Self {
        let Self { ec2, rds, s3, .. } = self;
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2.config().to_builder().interceptor(DryRun).build()),
            rds: aws_sdk_rds::Client::from_conf(rds.config().to_builder().interceptor(ReadOnly).build()),
            s3: aws_sdk_s3::Client::from_conf(s3.config().to_builder().interceptor(ReadOnly).build()),
            ..self.clone()
        }
    }
}

#[derive(Debug)]
struct DryRun;

#[dyn_dispatch_hint]
impl Intercept for DryRun {
    fn name(&self) -> &'static str {
        "cn-infra dry run"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("an unnamed operation", Metadata::name);
        if WITHOUT.contains(&operation) { Err(NoDryRun { operation: operation.to_owned() }.into()) } else { Ok(()) }
    }

    // Every operation has the parameter in the same place: the body is a form.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Metadata>().is_some_and(|operation| is_read(operation.name())) {
            return Ok(());
        }
        let request = context.request_mut();
        let form = request.body().bytes().ok_or("the request has no form")?;
        let form = [form, b"&DryRun=true"].concat();
        request.headers_mut().insert("content-length", form.len().to_string());
        *request.body_mut() = SdkBody::from(form);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{failed, innermost};
    use crate::testing::Script;
    use cn_infra_core::manager::ErrorClass;

    #[tokio::test]
    async fn a_write_says_that_it_is_none_and_is_sent_once() {
        let script = Script::new().fail("AllocateAddress", 412, "DryRunOperation").answer("DescribeAddresses", "");
        let session = script.session().dry_run();
        let answer = session.ec2.allocate_address().send().await.expect_err("it is only tried");
        let error = failed("AllocateAddress", answer);
        assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some(super::WOULD_SUCCEED)));
        session.ec2.describe_addresses().send().await.expect("reads are reads");
        let sent: Vec<_> = script.requests().iter().map(|request| request.contains("DryRun=true")).collect();
        assert_eq!(sent, [true, false]);
    }

    #[tokio::test]
    async fn what_cannot_be_tried_is_not_sent() {
        let script = Script::new();
        let session = script.session().dry_run();
        let associate = session.ec2.associate_iam_instance_profile().send().await.expect_err("it has no dry run");
        assert_eq!(innermost(&associate), "AWS knows no dry run of AssociateIamInstanceProfile");
        session.rds.delete_db_instance().db_instance_identifier("main").send().await.expect_err("a write");
        session.s3.delete_bucket().bucket("media").send().await.expect_err("a write");
        assert_eq!(script.requests().len(), 0);
    }
}
