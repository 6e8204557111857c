//! S3 Control: what an account refuses of public access, for all its buckets.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html>

use http::Method;

use super::buckets::denied;
use super::configuration::PublicAccessBlock;
use super::{Answer, Ask, Context, On, Operation, body, empty};
use crate::error::AwsError;
use crate::xml::Xml;

/// The operations on accounts.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetPublicAccessBlock", Method::GET, On::Account, "", get),
    Operation::new("PutPublicAccessBlock", Method::PUT, On::Account, "", put),
    Operation::new("DeletePublicAccessBlock", Method::DELETE, On::Account, "", delete),
];

/// The one path that is modelled.
const PATH: &str = "v20180820/configuration/publicAccessBlock";

/// The account that a request is about, which must be the caller's.
fn account<'a>(context: &Context<'a>, ask: &Ask<'_>) -> Result<&'a str, AwsError> {
    if ask.key != PATH {
        return Err(AwsError::not_modelled(format!("the path /{}", ask.key)));
    }
    let missing = || AwsError::new("InvalidRequest", "Missing required header for this request: x-amz-account-id");
    let account = ask.header("x-amz-account-id").ok_or_else(missing)?;
    if account == context.account { Ok(context.account) } else { Err(denied()) }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let account = account(context, ask)?;
    let block = context.s3.blocks.get(account).ok_or_else(|| {
        let message = "The public access block configuration was not found";
        let error = AwsError::new("NoSuchPublicAccessBlockConfiguration", message);
        error.status(404).detail("AccountId", account)
    })?;
    let mut xml = Xml::new();
    let root = "PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"";
    xml.element(root, |xml| block.write(xml));
    Ok(crate::service::answer(200, "application/xml", xml.document()))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let account = account(context, ask)?;
    let block = PublicAccessBlock::read(&body::parse(&ask.request.body, "PublicAccessBlockConfiguration")?)?;
    context.s3.blocks.insert(account, block);
    Ok(empty(201))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let account = account(context, ask)?;
    context.s3.blocks.remove(account);
    Ok(empty(204))
}
