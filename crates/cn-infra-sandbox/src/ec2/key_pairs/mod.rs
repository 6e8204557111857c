//! Key pairs. Nobody can log in to a simulated server, so the private key that CreateKeyPair answers has the form of
//! one and opens nothing.

mod public_key;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::filter::one;
use super::{Filters, chosen, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;
use public_key::{PublicKey, colons};

/// The operations on key pairs.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateKeyPair", &["KeyName"], create),
    Operation::new("DeleteKeyPair", &[], delete),
    Operation::new("DescribeKeyPairs", &[], describe),
    Operation::new("ImportKeyPair", &["KeyName", "PublicKeyMaterial"], import),
];

/// A row of the key pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyPair {
    /// `key-…`
    pub id: String,
    /// Unique in its region.
    pub name: String,
    /// When it was made.
    pub made: Timestamp,
    /// `rsa` or `ed25519`.
    pub kind: String,
    /// What AWS tells to compare keys by.
    pub fingerprint: String,
    /// In OpenSSH's form; of imported ones only.
    pub public: Option<String>,
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let kind = params.get("KeyType").unwrap_or("rsa");
    if params.get("KeyFormat").is_some_and(|format| format != "pem") {
        return Err(AwsError::not_modelled("key pairs in PuTTY's format"));
    }
    let (length, frame) = match kind {
        "rsa" => (1190, "RSA PRIVATE KEY"),
        "ed25519" => (290, "OPENSSH PRIVATE KEY"),
        _ => return Err(AwsError::new("InvalidParameterValue", format!("Invalid value '{kind}' for keyType"))),
    };
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect();
    let lines: Vec<_> = STANDARD.encode(&bytes).as_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let body = String::from_utf8_lossy(&lines.join(&b'\n')).into_owned();
    let material = format!("-----BEGIN {frame}-----\n{body}\n-----END {frame}-----");
    let fingerprint = if kind == "rsa" { colons(&Sha1::digest(&bytes)) } else { public_key::sha256(&bytes) };
    let key = insert(context, params, kind, fingerprint, None)?;
    let mut xml = Xml::new();
    write(&mut xml, context, &key);
    xml.text("keyMaterial", material);
    Ok(xml)
}

fn import(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let text = STANDARD.decode(params.require("PublicKeyMaterial")?).ok().and_then(|text| String::from_utf8(text).ok());
    let invalid = || AwsError::new("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
    let text = text.ok_or_else(invalid)?;
    let public = PublicKey::parse(&text).ok_or_else(invalid)?;
    let key = insert(context, params, public.kind(), public.fingerprint(), Some(text))?;
    let mut xml = Xml::new();
    write(&mut xml, context, &key);
    Ok(xml)
}

fn insert(
    context: &mut Context<'_>,
    params: &Params<'_>,
    kind: &str,
    fingerprint: String,
    public: Option<String>,
) -> Result<KeyPair, AwsError> {
    let name = params.require("KeyName")?;
    if name.len() > 255 || !name.is_ascii() {
        return Err(AwsError::new(
            "InvalidParameterValue",
            format!("Value ({name}) for parameter KeyName is invalid."),
        ));
    }
    if named(context, name).is_some() {
        let message = format!("The keypair '{name}' already exists.");
        return Err(AwsError::new("InvalidKeyPair.Duplicate", message));
    }
    let (id, name, kind) = (ids::ec2("key"), name.to_owned(), kind.to_owned());
    let key = KeyPair { id, name, made: context.now, kind, fingerprint, public };
    tags::set(context.ec2, &key.id, tags::specified(params, "key-pair", &[])?)?;
    context.ec2.key_pairs.insert(key.id.clone(), key.clone());
    Ok(key)
}

fn named<'a>(context: &'a Context<'_>, name: &str) -> Option<&'a KeyPair> {
    context.ec2.key_pairs.values().find(|key| key.name == name)
}

fn not_found(what: &str) -> AwsError {
    AwsError::new("InvalidKeyPair.NotFound", format!("The key pair '{what}' does not exist"))
}

/// Refuses a name that no key pair has.
pub fn check(context: &Context<'_>, name: &str) -> Result<(), AwsError> {
    let key = named(context, name).filter(|key| context.can_see(key.made));
    key.map(drop).ok_or_else(|| not_found(name))
}

/// A key pair that does not exist is none afterwards: no error.
fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = match (params.get("KeyPairId"), params.get("KeyName")) {
        (Some(id), _) => Some(id.to_owned()),
        (None, Some(name)) => named(context, name).map(|key| key.id.clone()),
        (None, None) => {
            let message = "The request must contain the parameter KeyName or KeyPairId";
            return Err(AwsError::new("MissingParameter", message));
        }
    };
    let mut xml = super::done();
    if let Some(id) = id.filter(|id| context.ec2.key_pairs.remove(id).is_some()) {
        context.ec2.tags.remove(&id);
        xml.text("keyPairId", id);
    }
    Ok(xml)
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, names) =
        (Filters::of(params)?.only(&["fingerprint", "key-name", "key-pair-id"])?, params.list("KeyName"));
    let include_public = params.flag("IncludePublicKey")?.unwrap_or_default();
    names.iter().try_for_each(|name| check(context, name))?;
    let is_there = |key: &KeyPair| context.can_see(key.made);
    let mut found = Vec::new();
    for key in chosen(&context.ec2.key_pairs, &params.list("KeyPairId"), is_there, not_found)? {
        let property = |name: &str| -> Option<Vec<Cow<'_, str>>> {
            match name {
                "key-pair-id" => one(&key.id),
                "key-name" => one(&key.name),
                "fingerprint" => one(&key.fingerprint),
                _ => None,
            }
        };
        let is_wanted = names.is_empty() || names.contains(&key.name.as_str());
        if is_wanted && filters.keep(context.ec2.tags.get(&key.id), property)? {
            found.push(key);
        }
    }
    let mut xml = Xml::new();
    xml.items("keySet", found, |xml, key| {
        write(xml, context, key);
        xml.text("keyType", &key.kind).text("createTime", format_args!("{:.3}", key.made));
        xml.some("publicKey", key.public.as_ref().filter(|_| include_public));
    });
    Ok(xml)
}

fn write(xml: &mut Xml, context: &Context<'_>, key: &KeyPair) {
    xml.text("keyPairId", &key.id).text("keyName", &key.name).text("keyFingerprint", &key.fingerprint);
    tags::write(xml, context.ec2.tags.get(&key.id));
}
