//! STS: whose credentials these are.

use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations that are modelled.
pub const OPERATIONS: &[Operation] = &[Operation::new("GetCallerIdentity", &[], get_caller_identity)];

#[expect(clippy::unnecessary_wraps, reason = "the signature of every operation")]
fn get_caller_identity(context: &mut Context<'_>, _params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut xml = Xml::new();
    xml.text("Arn", format!("arn:aws:iam::{}:user/sandbox", context.account));
    xml.text("UserId", "AIDASANDBOXSANDBOXSAN").text("Account", context.account);
    Ok(xml)
}
