//! STS: whose credentials these are.

use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

const OPERATIONS: &[Operation] = &[Operation::new("GetCallerIdentity", &[], get_caller_identity)];

/// The operation of a name, if it is modelled.
pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

fn get_caller_identity(context: &mut Context<'_>, _params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut xml = Xml::new();
    xml.text("Arn", format!("arn:aws:iam::{}:user/sandbox", context.account));
    xml.text("UserId", "AIDASANDBOXSANDBOXSAN").text("Account", context.account);
    Ok(xml)
}
