//! Rules for requests that browsers make from other origins.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, none, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};
use crate::xml::{Element, Xml};

/// The operations on rules for other origins.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketCors", Method::GET, On::Bucket, "cors", get),
    Operation::new("PutBucketCors", Method::PUT, On::Bucket, "cors", put),
    Operation::new("DeleteBucketCors", Method::DELETE, On::Bucket, "cors", delete),
];

/// One rule. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsRule {
    /// Its name.
    pub id: Option<String>,
    /// The request headers that it allows.
    pub headers: Vec<String>,
    /// The methods that it allows.
    pub methods: Vec<String>,
    /// The origins that it is for.
    pub origins: Vec<String>,
    /// The response headers that scripts may see.
    pub exposed: Vec<String>,
    /// For how many seconds browsers may remember it.
    pub max_age: Option<i32>,
}

const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
/// No configuration has more.
const MAX_RULES: usize = 100;
/// No name is longer.
const MAX_ID: usize = 255;

impl CorsRule {
    fn of(rule: &Element) -> Result<Self, AwsError> {
        let lists = ["AllowedHeader", "AllowedMethod", "AllowedOrigin", "ExposeHeader"];
        rule.only(&["ID", "MaxAgeSeconds"], &lists)?;
        let [headers, methods, origins, exposed] = lists.map(|list| rule.texts(list));
        if methods.is_empty() || origins.is_empty() {
            return Err(body::malformed());
        }
        let id = rule.get("ID").map(str::to_owned);
        Self { id, headers, methods, origins, exposed, max_age: rule.parsed("MaxAgeSeconds")? }.check()
    }

    fn check(self) -> Result<Self, AwsError> {
        let invalid = |message: String| Err(AwsError::new("InvalidRequest", message));
        if self.id.as_ref().is_some_and(|id| id.chars().count() > MAX_ID) {
            return invalid(format!("ID length should not exceed allowed limit of {MAX_ID}"));
        }
        if let Some(method) = self.methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            return invalid(format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}"));
        }
        for (name, texts) in [("AllowedOrigin", &self.origins), ("AllowedHeader", &self.headers)] {
            if let Some(text) = texts.iter().find(|text| text.matches('*').count() > 1) {
                return invalid(format!("{name} \"{text}\" can not have more than one wildcard."));
            }
        }
        if let Some(header) = self.exposed.iter().find(|header| header.contains('*')) {
            return invalid(format!(
                "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
            ));
        }
        Ok(self)
    }

    fn write(&self, xml: &mut Xml) {
        let Self { id, headers, methods, origins, exposed, max_age } = self;
        xml.some("ID", id.as_ref());
        let lists = [
            ("AllowedMethod", methods),
            ("AllowedOrigin", origins),
            ("AllowedHeader", headers),
            ("ExposeHeader", exposed),
        ];
        for (name, texts) in lists {
            for text in texts {
                xml.text(name, text);
            }
        }
        xml.some("MaxAgeSeconds", *max_age);
    }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let rules = &read(context, ask)?.cors;
    if rules.is_empty() {
        return Err(none("NoSuchCORSConfiguration", "The CORS configuration does not exist", ask));
    }
    Ok(document("CORSConfiguration", |xml| {
        for rule in rules {
            xml.element("CORSRule", |xml| rule.write(xml));
        }
    }))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let configuration = body::read(ask, "CORSConfiguration")?;
    configuration.only(&[], &["CORSRule"])?;
    if configuration.children.is_empty() {
        return Err(body::malformed());
    }
    if configuration.children.len() > MAX_RULES {
        let message = format!("The number of CORS rules should not exceed allowed limit of {MAX_RULES} rules.");
        return Err(AwsError::new("InvalidRequest", message));
    }
    let rules = configuration.children.iter().map(CorsRule::of).collect::<Result<_, _>>()?;
    change(context, ask)?.cors = rules;
    Ok(empty(200))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.cors.clear();
    Ok(empty(204))
}
