//! The control door: JSON over HTTP under `/_sandbox/`, a path that no bucket can have.
//!
//! ```text
//! GET  /_sandbox/clock                    {"now": …, "speed": …}
//! POST /_sandbox/clock     {"advance": SECONDS}
//! POST /_sandbox/reset     {}
//! GET  /_sandbox/faults    POST: one fault (see faults::Fault)    DELETE: none are left
//! GET  /_sandbox/settings  POST: any subset of settings::Settings, and "speed"
//! GET  /_sandbox/calls     the log
//! ```

use bytes::Bytes;
use http::{Method, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::request::Request;
use crate::s3;
use crate::sandbox::Sandbox;
use crate::service;

/// Answers a request to the control door; `None`: it is for AWS.
pub(crate) fn answer(sandbox: &Sandbox, request: &Request) -> Option<Response<Bytes>> {
    let path = request.path().strip_prefix("/_sandbox/")?;
    // The key of an object can begin so, where the host names the bucket.
    if s3::names_bucket(request.host()) {
        return None;
    }
    let (status, body) = match control(sandbox, &request.parts.method, path, &request.body) {
        Ok(body) => (200, body),
        Err(why) => (400, json!({ "error": why.to_string() })),
    };
    // As HTTP has it: whatever there is to say, HEAD has no body.
    let body = if request.parts.method == Method::HEAD { String::new() } else { body.to_string() };
    Some(service::answer(status, "application/json", body))
}

fn control(sandbox: &Sandbox, method: &Method, path: &str, body: &[u8]) -> Result<Value, Refused> {
    match (method.as_str(), path) {
        ("GET", "clock") => {}
        ("POST", "clock") => {
            let Advance { advance } = read(body)?;
            sandbox.advance(SignedDuration::try_from_secs_f64(advance)?)?;
        }
        ("POST", "reset") => sandbox.reset()?,
        ("GET", "faults") => return Ok(json!(sandbox.faults()?)),
        ("POST", "faults") => sandbox.add_fault(read::<Fault>(body)?)?,
        ("DELETE", "faults") => sandbox.clear_faults()?,
        ("GET", "settings") => return Ok(json!(sandbox.settings()?)),
        ("POST", "settings") => change_settings(sandbox, read(body)?)?,
        ("GET", "calls") => return Ok(json!(sandbox.calls())),
        _ => return Err(format!("there is no {method} /_sandbox/{path}").into()),
    }
    Ok(json!({ "now": sandbox.now()?.to_string(), "speed": sandbox.speed()? }))
}

/// Why a request to the control door is refused: a sentence.
type Refused = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: f64,
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    Ok(serde_json::from_slice(body)?)
}

/// What is not given stays as it is.
fn change_settings(sandbox: &Sandbox, mut changes: serde_json::Map<String, Value>) -> Result<(), Refused> {
    let speed = changes.remove("speed").map(|speed| speed.as_f64().ok_or("speed is a number")).transpose()?;
    sandbox.change_settings(|settings| {
        let mut settings = json!(settings);
        changes.into_iter().for_each(|(name, value)| settings[name] = value);
        serde_json::from_value(settings)
    })??;
    speed.map_or(Ok(()), |speed| Ok(sandbox.set_speed(speed)?))
}
