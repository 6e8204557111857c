//! The services: which protocol each speaks, and how it words answers and errors.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Response;

use crate::context::Operation;
use crate::error::AwsError;
use crate::xml::Xml;

/// A service, by the name in a signature's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Query protocol, answers of its own form.
    Ec2,
    /// Query protocol.
    Rds,
    /// Query protocol.
    Sts,
    /// Query protocol.
    Iam,
    /// REST and XML.
    S3,
    /// REST and XML: S3's control of accounts, which is signed as S3.
    S3Control,
    /// JSON.
    Ssm,
}

impl Service {
    /// The service of a scope.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ec2" => Self::Ec2,
            "rds" => Self::Rds,
            "sts" => Self::Sts,
            "iam" => Self::Iam,
            "s3" => Self::S3,
            "ssm" => Self::Ssm,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Rds => "rds",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::S3 | Self::S3Control => "s3",
            Self::Ssm => "ssm",
        }
    }

    /// The namespace of its answers.
    fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::S3 | Self::S3Control | Self::Ssm => "",
        }
    }

    /// The operations that are modelled of a service of the query protocol.
    fn query_operations(self) -> impl Iterator<Item = &'static Operation> {
        let tables = match self {
            Self::Ec2 => crate::ec2::TABLES,
            Self::Rds => crate::rds::TABLES,
            Self::Sts => &[crate::sts::OPERATIONS],
            Self::Iam => crate::iam::TABLES,
            Self::S3 | Self::S3Control | Self::Ssm => &[],
        };
        tables.iter().copied().flatten()
    }

    /// The operation of the query protocol that has this name.
    pub fn query_operation(self, name: &str) -> Option<&'static Operation> {
        self.query_operations().find(|operation| operation.name == name)
    }

    /// How it says that requests come too fast.
    pub fn throttle(self) -> AwsError {
        match self {
            Self::Ec2 => AwsError::new("RequestLimitExceeded", "Request limit exceeded.").status(503),
            Self::S3 | Self::S3Control => AwsError::new("SlowDown", "Please reduce your request rate.").status(503),
            Self::Rds | Self::Sts | Self::Iam => AwsError::new("Throttling", "Rate exceeded"),
            Self::Ssm => AwsError::new("ThrottlingException", "Rate exceeded"),
        }
    }

    /// The answer of a query operation.
    pub fn query_answer(self, operation: &str, body: &Xml, request_id: &str) -> Response<Bytes> {
        let mut xml = Xml::new();
        let root = format!("{operation}Response xmlns=\"{}\"", self.namespace());
        xml.element(&root, |xml| {
            if self == Self::Ec2 {
                xml.text("requestId", request_id).append(body);
            } else {
                xml.element(&format!("{operation}Result"), |xml| {
                    xml.append(body);
                });
                xml.element("ResponseMetadata", |xml| {
                    xml.text("RequestId", request_id);
                });
            }
        });
        answer(200, "text/xml;charset=UTF-8", xml.document())
    }

    /// An error as this service tells it.
    pub fn error(self, error: &AwsError, request_id: &str) -> Response<Bytes> {
        let mut xml = Xml::new();
        let written = |xml: &mut Xml| {
            xml.text("Code", &error.code).text("Message", &error.message);
            for (name, text) in &error.details {
                xml.text(name, text);
            }
        };
        match self {
            Self::Ec2 => xml.element("Response", |xml| {
                xml.element("Errors", |xml| {
                    xml.element("Error", written);
                });
                xml.text("RequestID", request_id);
            }),
            Self::S3 => xml.element("Error", |xml| {
                written(xml);
                xml.text("RequestId", request_id).text("HostId", "sandbox");
            }),
            Self::S3Control => xml.element("ErrorResponse", |xml| {
                xml.element("Error", written);
                xml.text("RequestId", request_id).text("HostId", "sandbox");
            }),
            Self::Rds | Self::Sts | Self::Iam => {
                xml.element(&format!("ErrorResponse xmlns=\"{}\"", self.namespace()), |xml| {
                    xml.element("Error", |xml| {
                        xml.text("Type", if error.status < 500 { "Sender" } else { "Receiver" });
                        written(xml);
                    });
                    xml.text("RequestId", request_id);
                })
            }
            Self::Ssm => {
                let body = serde_json::json!({ "__type": error.code, "message": error.message });
                return answer(error.status, "application/x-amz-json-1.1", body.to_string());
            }
        };
        let kind =
            if matches!(self, Self::S3 | Self::S3Control) { "application/xml" } else { "text/xml;charset=UTF-8" };
        let mut response = answer(error.status, kind, xml.document());
        for (name, text) in &error.headers {
            if let Ok(text) = http::HeaderValue::from_str(text) {
                response.headers_mut().insert(*name, text);
            }
        }
        response
    }
}

/// Every operation that is modelled: the service's name and its own, sorted.
pub fn operations() -> Vec<(&'static str, &'static str)> {
    let names = |service: Service| service.query_operations().map(move |operation| (service.name(), operation.name));
    let query = [Service::Ec2, Service::Iam, Service::Rds, Service::Sts].into_iter().flat_map(names);
    let s3 = crate::s3::TABLES.iter().copied().flatten().map(|operation| ("s3", operation.name));
    let ssm = crate::ssm::OPERATIONS.iter().map(|(name, _)| ("ssm", *name));
    let all: BTreeSet<_> = query.chain(s3).chain(ssm).collect();
    all.into_iter().collect()
}

/// A response of a status, a content type and a body.
pub fn answer(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
