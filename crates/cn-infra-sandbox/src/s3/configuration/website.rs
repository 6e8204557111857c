//! How a bucket is served as a website.

mod routing;

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, none, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};
use crate::xml::{Element, Xml};
use routing::RoutingRule;

/// The operations on websites.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketWebsite", Method::GET, On::Bucket, "website", get),
    Operation::new("PutBucketWebsite", Method::PUT, On::Bucket, "website", put),
    Operation::new("DeleteBucketWebsite", Method::DELETE, On::Bucket, "website", delete),
];

/// A website, or a redirect of all requests. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Website {
    /// The bucket's objects.
    Objects {
        /// What stands for a folder: `index.html`.
        index: String,
        /// The key of what is shown for an error.
        error: Option<String>,
        /// Redirects, the first that fits.
        routing: Vec<RoutingRule>,
    },
    /// Every request is sent on.
    Redirect {
        /// To which host.
        host: String,
        /// By which protocol; `None`: that of the request.
        protocol: Option<Protocol>,
    },
}

/// The protocol of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Protocol {
    fn of(element: &Element) -> Result<Option<Self>, AwsError> {
        match element.get("Protocol") {
            None => Ok(None),
            Some("http") => Ok(Some(Self::Http)),
            Some("https") => Ok(Some(Self::Https)),
            Some(_) => Err(AwsError::new(
                "InvalidRequest",
                "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
            )),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// No website has more rules.
const MAX_RULES: usize = 50;

impl Website {
    fn of(document: &Element) -> Result<Self, AwsError> {
        document.only(&["ErrorDocument", "IndexDocument", "RedirectAllRequestsTo", "RoutingRules"], &[])?;
        let Some(redirect) = document.child("RedirectAllRequestsTo") else { return Self::objects(document) };
        if document.children.len() > 1 {
            let message = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.";
            return Err(AwsError::new("InvalidRequest", message));
        }
        redirect.only(&["HostName", "Protocol"], &[])?;
        Ok(Self::Redirect { host: redirect.require("HostName")?.to_owned(), protocol: Protocol::of(redirect)? })
    }

    fn objects(document: &Element) -> Result<Self, AwsError> {
        let invalid = |message: &str| AwsError::new("InvalidArgument", message);
        let one = |name, member| -> Result<Option<&str>, AwsError> {
            let Some(element) = document.child(name) else { return Ok(None) };
            element.only(&[member], &[])?;
            element.require(member).map(Some)
        };
        let missing = || invalid("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
        let index = one("IndexDocument", "Suffix")?.ok_or_else(missing)?;
        if index.is_empty() || index.contains('/') {
            return Err(invalid("The IndexDocument Suffix is not well formed").detail("ArgumentName", "IndexDocument"));
        }
        let error = one("ErrorDocument", "Key")?;
        if error == Some("") {
            return Err(invalid("The ErrorDocument Key is not well formed").detail("ArgumentName", "ErrorDocument"));
        }
        let routing = document.child("RoutingRules").map(rules).transpose()?.unwrap_or_default();
        Ok(Self::Objects { index: index.to_owned(), error: error.map(str::to_owned), routing })
    }

    fn write(&self, xml: &mut Xml) {
        match self {
            Self::Redirect { host, protocol } => {
                xml.element("RedirectAllRequestsTo", |xml| {
                    xml.text("HostName", host).some("Protocol", protocol.map(Protocol::name));
                });
            }
            Self::Objects { index, error, routing } => {
                xml.element("IndexDocument", |xml| {
                    xml.text("Suffix", index);
                });
                if let Some(error) = error {
                    xml.element("ErrorDocument", |xml| {
                        xml.text("Key", error);
                    });
                }
                if !routing.is_empty() {
                    xml.list("RoutingRules", "RoutingRule", routing, |xml, rule| rule.write(xml));
                }
            }
        }
    }
}

fn rules(list: &Element) -> Result<Vec<RoutingRule>, AwsError> {
    list.only(&[], &["RoutingRule"])?;
    if list.children.len() > MAX_RULES {
        let message = format!(
            "{} routing rules provided, the number of routing rules in a website configuration is limited to {MAX_RULES}.",
            list.children.len()
        );
        return Err(AwsError::new("InvalidRequest", message));
    }
    list.children.iter().map(RoutingRule::of).collect()
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let message = "The specified bucket does not have a website configuration";
    let missing = || none("NoSuchWebsiteConfiguration", message, ask);
    let website = read(context, ask)?.website.as_ref().ok_or_else(missing)?;
    Ok(document("WebsiteConfiguration", |xml| website.write(xml)))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let website = Website::of(&body::read(ask, "WebsiteConfiguration")?)?;
    change(context, ask)?.website = Some(website);
    Ok(empty(200))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.website = None;
    Ok(empty(204))
}
