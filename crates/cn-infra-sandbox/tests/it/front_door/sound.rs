//! What must hold for every request, however nasty. Shared with the fuzz targets.

use cn_infra_sandbox::xml::Element;
use cn_infra_sandbox::{Fate, Reply, Request, Sandbox};

type Row = (String, String, serde_json::Value);

/// Sends a request and says what is wrong with the answer, if anything is.
pub fn send(sandbox: &Sandbox, request: &Request) -> Result<Reply, String> {
    let before = sandbox.rows().map_err(|error| error.to_string())?;
    let told = sandbox.calls().len();
    let reply = sandbox.handle(request);
    let calls = sandbox.calls();
    let operation = calls[told.min(calls.len())..].last().map(|call| call.operation.as_str()).unwrap_or_default();
    let (status, body) = (reply.response.status(), reply.response.body());
    let shown = || format!("{status} {}", String::from_utf8_lossy(&body[..body.len().min(2_000)]));
    if reply.fate != Fate::Answered {
        return Err(format!("not answered: {:?}", reply.fate));
    }
    if status.is_success() {
        let is_whole = operation == "GetObject" || body.is_empty() || document(&reply).is_some();
        return if is_whole { Ok(reply) } else { Err(format!("no document: {}", shown())) };
    }
    if !is_error(&reply, request) {
        return Err(format!("no error with a code and a message: {}", shown()));
    }
    if status == 500 {
        return Err(format!("the sandbox failed: {}", shown()));
    }
    let after = sandbox.rows().map_err(|error| error.to_string())?;
    // A region begins with its first request, whatever becomes of that; the control door changes what it likes.
    let begun = |rows: &[Row]| rows.iter().filter(|(table, ..)| table.starts_with("region/")).count();
    if before != after && begun(&before) == begun(&after) && !request.path().starts_with("/_sandbox/") {
        let changed: Vec<_> = after.iter().filter(|row| !before.contains(row)).take(3).collect();
        return Err(format!("a refused request changed {changed:?}: {}", shown()));
    }
    Ok(reply)
}

fn is_error(reply: &Reply, request: &Request) -> bool {
    let (status, body) = (reply.response.status(), reply.response.body());
    if body.is_empty() {
        return request.parts.method == http::Method::HEAD || status == http::StatusCode::NOT_MODIFIED;
    }
    let texts = document(reply).unwrap_or_default();
    let has = |names: &[&str]| texts.iter().any(|(name, text)| names.contains(&name.as_str()) && !text.is_empty());
    has(&["error"]) || (has(&["Code", "__type"]) && (has(&["Message", "message"]) || is_wordless(&texts)))
}

/// SSM says nothing of a parameter that is not there.
fn is_wordless(texts: &[(String, String)]) -> bool {
    texts.iter().any(|(name, text)| name == "__type" && text == "ParameterNotFound")
}

/// The texts in an answer with the names of their elements; `None` where it is neither XML nor JSON.
pub fn document(reply: &Reply) -> Option<Vec<(String, String)>> {
    let body = reply.response.body();
    let mut texts = Vec::new();
    if reply.response.headers().get("content-type")?.to_str().ok()?.contains("json") {
        values("", &serde_json::from_slice(body).ok()?, &mut texts);
    } else {
        let whole = std::str::from_utf8(body).ok().filter(|text| text.chars().all(is_xml))?;
        collect(&Element::parse(whole.as_bytes())?, &mut texts);
    }
    Some(texts)
}

fn collect(element: &Element, texts: &mut Vec<(String, String)>) {
    texts.push((element.name.clone(), element.text.clone()));
    for child in &element.children {
        collect(child, texts);
    }
}

fn values(name: &str, value: &serde_json::Value, texts: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(members) => members.iter().for_each(|(name, value)| values(name, value, texts)),
        serde_json::Value::Array(items) => items.iter().for_each(|item| values(name, item, texts)),
        serde_json::Value::String(text) => texts.push((name.to_owned(), text.clone())),
        other => texts.push((name.to_owned(), other.to_string())),
    }
}

/// Whether XML 1.0 can hold a character. <https://www.w3.org/TR/xml/#charsets>
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
