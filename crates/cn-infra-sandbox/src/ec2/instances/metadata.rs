//! The instance metadata service and its options.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::filter::one;
use super::super::images::Image;
use super::{Passing, State, find};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// Whether requests need a token: `required` or `optional`.
    pub tokens: String,
    /// How many hops an answer with a token may travel, 1 to 64.
    pub hop_limit: u8,
    /// Whether it answers: `enabled` or `disabled`.
    pub endpoint: String,
    /// Whether it answers by IPv6: `enabled` or `disabled`.
    pub ipv6: String,
    /// Whether it tells the instance's tags: `enabled` or `disabled`.
    pub tags: String,
    /// Whether they are in effect; of a stopped instance they are once it starts.
    pub applied: Passing<bool>,
}

/// How long a change takes, in seconds.
const TIME: i64 = 5;

impl MetadataOptions {
    /// Those of a new instance, unless told otherwise: an image can ask for tokens.
    pub fn of_image(image: &Image, now: Timestamp) -> Self {
        let strict = image.requires_imds_tokens();
        Self {
            tokens: if strict { "required" } else { "optional" }.to_owned(),
            hop_limit: if strict { 2 } else { 1 },
            endpoint: "enabled".to_owned(),
            ipv6: "disabled".to_owned(),
            tags: "disabled".to_owned(),
            applied: Passing::new(false, true, now, super::lifecycle::STARTING),
        }
    }

    /// The instance starts.
    pub fn apply(&mut self, now: Timestamp) {
        if !self.applied.at(now) {
            self.applied = Passing::new(false, true, now, TIME);
        }
    }

    /// What an instance has for a filter's name after `metadata-options.`.
    pub fn property(&self, name: &str, now: Timestamp) -> Option<Vec<Cow<'_, str>>> {
        match name {
            "http-tokens" => one(&self.tokens),
            "http-put-response-hop-limit" => one(self.hop_limit.to_string()),
            "http-endpoint" | "http-protocol-ipv4" => one(&self.endpoint),
            "http-protocol-ipv6" => one(&self.ipv6),
            "instance-metadata-tags" => one(&self.tags),
            "state" => one(self.state(now)),
            _ => None,
        }
    }

    fn state(&self, now: Timestamp) -> &'static str {
        if self.applied.at(now) { "applied" } else { "pending" }
    }

    /// Writes them.
    pub fn write(&self, xml: &mut Xml, now: Timestamp) {
        xml.text("state", self.state(now)).text("httpTokens", &self.tokens);
        xml.text("httpPutResponseHopLimit", self.hop_limit).text("httpEndpoint", &self.endpoint);
        xml.text("httpProtocolIpv6", &self.ipv6).text("instanceMetadataTags", &self.tags);
    }
}

/// The options that a request makes of former ones: what it does not name stays.
///
/// # Errors
/// `InvalidParameterValue`; `InvalidParameterCombination` for others beside a disabled endpoint.
pub fn read(params: &Params<'_>, former: &MetadataOptions) -> Result<MetadataOptions, AwsError> {
    let mut options = former.clone();
    let mut others = 0;
    for (name, values, field) in [
        ("HttpTokens", ["optional", "required"], &mut options.tokens),
        ("HttpProtocolIpv6", ["disabled", "enabled"], &mut options.ipv6),
        ("InstanceMetadataTags", ["disabled", "enabled"], &mut options.tags),
    ] {
        if let Some(value) = one_of(params, name, values)? {
            others += 1;
            value.clone_into(field);
        }
    }
    if let Some(hops) = params.number::<u32>("HttpPutResponseHopLimit")? {
        others += 1;
        let valid = u8::try_from(hops).ok().filter(|hops| (1..=64).contains(hops));
        options.hop_limit = valid.ok_or_else(|| {
            let message = format!("A value of {hops} for HttpPutResponseHopLimit is not between 1 and 64.");
            AwsError::new("InvalidParameterValue", message)
        })?;
    }
    if let Some(endpoint) = one_of(params, "HttpEndpoint", ["disabled", "enabled"])? {
        if endpoint == "disabled" && others > 0 {
            let message = "If HttpEndpoint is disabled, no other metadata option can be given.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        endpoint.clone_into(&mut options.endpoint);
    }
    Ok(options)
}

fn one_of<'a>(params: &Params<'a>, name: &str, values: [&str; 2]) -> Result<Option<&'a str>, AwsError> {
    match params.get(name) {
        Some(value) if !values.contains(&value) => {
            let message =
                format!("Value ({value}) for parameter {name} is invalid. Valid values: {}", values.join(", "));
            Err(AwsError::new("InvalidParameterValue", message))
        }
        value => Ok(value),
    }
}

/// On a running instance a change is soon in effect, on a stopped one once it starts.
pub fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (instance, now) = (find(context, params.require("InstanceId")?)?, context.now);
    let (id, state) = (instance.id.clone(), instance.state.at(now));
    if state.is_ending() {
        let message = format!("The instance '{id}' is not in a state in which its metadata options can be modified.");
        return Err(AwsError::new("IncorrectInstanceState", message));
    }
    let mut options = read(params, &instance.metadata)?;
    options.applied = match state {
        State::Stopping | State::Stopped => Passing::stays(false),
        _ => Passing::new(false, true, now, TIME),
    };
    let mut xml = Xml::new();
    xml.text("instanceId", &id).element("instanceMetadataOptions", |xml| options.write(xml, now));
    if let Some(instance) = context.ec2.instances.get_mut(&id) {
        instance.metadata = options;
    }
    Ok(xml)
}
