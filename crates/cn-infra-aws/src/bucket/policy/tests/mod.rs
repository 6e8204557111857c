use cn_infra_core::value::FileText;
use serde_json::{Map, Value, json};

use super::audit::{deleted_principals, lost_access, public_statement};
use super::normal::normal_form;
use super::{liken, parse};

/// The policy of CoralNet's buckets, as its operators would write it.
const REFERER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "site",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::coralnet-production/*",
      "Condition": { "StringLike": { "aws:Referer": ["https://coralnet.ucsd.edu/*"] } }
    },
    {
      "Sid": "server",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::123456789012:role/coralnet-server" },
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::coralnet-production/*"
    }
  ]
}
"#;

/// One statement around some elements.
fn policy(elements: &Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "r" });
    for (name, value) in elements.as_object().unwrap() {
        statement[name] = value.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

#[test]
fn what_means_the_same_has_one_normal_form() {
    let equal = [
        (json!({ "Action": "s3:GetObject" }), json!({ "Action": ["s3:GetObject"] })),
        (json!({ "Action": "s3:GetObject" }), json!({ "Action": "S3:getobject" })),
        (json!({ "Action": ["a:B", "a:C"] }), json!({ "Action": ["a:C", "a:B", "a:b"] })),
        (json!({ "NotAction": "a:B" }), json!({ "NotAction": ["a:b"] })),
        (json!({ "Resource": ["b", "a"] }), json!({ "Resource": ["a", "b"] })),
        (json!({ "NotResource": "a" }), json!({ "NotResource": ["a"] })),
        (json!({ "Principal": "*" }), json!({ "Principal": { "AWS": "*" } })),
        (json!({ "Principal": { "AWS": "*" } }), json!({ "Principal": { "AWS": ["*"] } })),
        (
            json!({ "Principal": { "AWS": "123456789012" } }),
            json!({ "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] } }),
        ),
        (
            json!({ "NotPrincipal": { "AWS": "123456789012" } }),
            json!({ "NotPrincipal": { "AWS": "arn:aws-cn:iam::123456789012:root" } }),
        ),
        (
            json!({ "Condition": { "Bool": { "aws:SecureTransport": false } } }),
            json!({ "Condition": { "Bool": { "AWS:securetransport": ["false"] } } }),
        ),
        (
            json!({ "Condition": { "NumericLessThan": { "s3:max-keys": 10 } } }),
            json!({ "Condition": { "NumericLessThan": { "s3:max-keys": "10" } } }),
        ),
        (json!({ "Condition": {} }), json!({})),
        (json!({ "Sid": "" }), json!({})),
    ];
    for (one, other) in equal {
        assert_eq!(normal_form(&policy(&one)), normal_form(&policy(&other)), "{one} and {other}");
    }
    let single = json!({ "Version": "2008-10-17", "Statement": { "Effect": "Deny" } });
    let listed = json!({ "Statement": [{ "Effect": "Deny" }, { "Effect": "Deny" }] });
    assert_eq!(normal_form(&single), normal_form(&listed));
}

#[test]
fn what_means_something_else_has_another() {
    let unequal = [
        (json!({ "Sid": "a" }), json!({ "Sid": "b" })),
        (json!({ "Effect": "Deny" }), json!({})),
        (json!({ "Resource": "arn:aws:s3:::A" }), json!({ "Resource": "arn:aws:s3:::a" })),
        (json!({ "NotAction": "a:B" }), json!({ "Action": "a:B" })),
        (json!({ "NotPrincipal": "*" }), json!({ "NotPrincipal": { "AWS": "*" } })),
        (json!({ "Principal": { "AWS": "*" } }), json!({ "Principal": { "Service": "*" } })),
        (
            json!({ "Principal": { "AWS": "123456789012" } }),
            json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:user/root" } }),
        ),
        (
            json!({ "Condition": { "StringLike": { "aws:Referer": "a" } } }),
            json!({ "Condition": { "StringLike": { "aws:Referer": "A" } } }),
        ),
        (
            json!({ "Condition": { "StringEquals": { "s3:ExistingObjectTag/Key": "a" } } }),
            json!({ "Condition": { "StringEquals": { "s3:ExistingObjectTag/key": "a" } } }),
        ),
    ];
    for (one, other) in unequal {
        assert_ne!(normal_form(&policy(&one)), normal_form(&policy(&other)), "{one} and {other}");
    }
    let two = json!({ "Statement": [
        { "Effect": "Allow", "Action": "a:B" }, { "Effect": "Allow", "Action": "a:C" },
    ] });
    let merged = json!({ "Statement": [{ "Effect": "Allow", "Action": ["a:B", "a:C"] }] });
    assert_ne!(normal_form(&two), normal_form(&merged), "statements are never merged");
    let (new, old) = (json!({ "Version": "2012-10-17", "Statement": [] }), json!({ "Statement": [] }));
    assert_ne!(normal_form(&new), normal_form(&old), "a policy without a version is one of 2008");
}

/// Every order of up to four values.
fn orders(values: &[Value]) -> Vec<Vec<Value>> {
    if values.len() < 2 {
        return vec![values.to_vec()];
    }
    let mut all = Vec::new();
    for first in 0..values.len() {
        let mut rest = values.to_vec();
        let value = rest.remove(first);
        all.extend(orders(&rest).into_iter().map(|mut rest| {
            rest.insert(0, value.clone());
            rest
        }));
    }
    all
}

/// The same value with the keys of every table and the members of every list the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(reversed).collect(),
        Value::Object(entries) => {
            entries.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn four_statements() -> Vec<Value> {
    let mut statements = parse(REFERER).unwrap()["Statement"].as_array().unwrap().clone();
    statements.push(json!({ "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "s3:Get*"], "NotResource": "x",
        "Condition": { "Bool": { "aws:SecureTransport": false }, "Null": { "aws:Referer": ["true", "false"] } } }));
    statements.push(json!({ "Effect": "Allow", "Principal": { "AWS": ["1", "2"], "Service": "s" }, "NotAction": "a" }));
    statements
}

#[test]
fn the_normal_form_is_the_same_for_every_order_and_normal_itself() {
    let statements = four_statements();
    let normal = normal_form(&json!({ "Version": "2012-10-17", "Statement": statements }));
    for order in orders(&statements) {
        let policy = json!({ "Statement": order, "Version": "2012-10-17" });
        assert_eq!(normal_form(&policy), normal);
        assert_eq!(normal_form(&reversed(&policy)), normal);
    }
    assert_eq!(normal_form(&normal), normal);
}

#[test]
fn a_live_policy_that_means_the_same_becomes_the_text_of_the_file() {
    let desired = FileText::Text(REFERER.to_owned());
    for order in orders(&parse(REFERER).unwrap()["Statement"].as_array().unwrap().clone()) {
        let stored = reversed(&json!({ "Version": "2012-10-17", "Statement": order }));
        let mut live = FileText::Text(stored.to_string());
        liken(&mut live, &desired);
        assert_eq!(live, desired);
    }
}

#[test]
fn a_live_policy_that_differs_is_written_as_the_user_would() {
    let mut stored = reversed(&parse(REFERER).unwrap());
    // The site was at http, and somebody let the server delete.
    let site = stored["Statement"].as_array_mut().unwrap().iter_mut().find(|it| it["Sid"] == "site").unwrap();
    site["Condition"]["StringLike"]["aws:Referer"] = json!("http://coralnet.ucsd.edu/*");
    site["Principal"] = json!({ "AWS": "*" });
    let server = stored["Statement"].as_array_mut().unwrap().iter_mut().find(|it| it["Sid"] == "server").unwrap();
    server["Action"] = json!(["s3:DeleteObject", "s3:PutObject", "s3:GetObject"]);
    let mut live = FileText::Text(stored.to_string());
    liken(&mut live, &FileText::Text(REFERER.to_owned()));
    let differs: Vec<_> =
        live.as_str().lines().zip(REFERER.lines()).filter(|(live, desired)| live != desired).collect();
    insta::assert_debug_snapshot!(differs, @r#"
    [
        (
            "      \"Condition\": { \"StringLike\": { \"aws:Referer\": [\"http://coralnet.ucsd.edu/*\"] } }",
            "      \"Condition\": { \"StringLike\": { \"aws:Referer\": [\"https://coralnet.ucsd.edu/*\"] } }",
        ),
        (
            "      \"Action\": [\"s3:GetObject\", \"s3:PutObject\", \"s3:DeleteObject\"],",
            "      \"Action\": [\"s3:GetObject\", \"s3:PutObject\"],",
        ),
    ]
    "#);
    assert_eq!(live.as_str().lines().count(), REFERER.lines().count());
}

#[test]
fn likening_twice_changes_nothing_more_and_never_the_meaning() {
    let desired = FileText::Text(REFERER.to_owned());
    for order in orders(&four_statements()) {
        let stored = reversed(&json!({ "Version": "2012-10-17", "Statement": order }));
        let mut live = FileText::Text(stored.to_string());
        liken(&mut live, &desired);
        assert_eq!(normal_form(&parse(live.as_str()).unwrap()), normal_form(&stored));
        let once = live.clone();
        liken(&mut live, &desired);
        assert_eq!(live, once);
    }
}

#[test]
fn a_string_does_not_become_a_list_where_that_means_something_else() {
    let stored = policy(&json!({ "Sid": "a", "Effect": ["Deny"], "Note": "one", "Action": ["s3:GetObject"] }));
    let desired = policy(&json!({ "Sid": "a", "Note": ["other"], "Action": "s3:PutObject" }));
    let mut live = FileText::Text(stored.to_string());
    liken(&mut live, &FileText::Text(desired.to_string()));
    let live = parse(live.as_str()).unwrap();
    assert_eq!(normal_form(&live), normal_form(&stored));
    assert_eq!(live["Statement"][0]["Action"], "s3:GetObject", "the action takes the shape of the file's");
}

#[test]
fn the_layout_is_that_of_the_file() {
    let texts = [
        "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {\n            \"Action\": [\n                \"a:b\",\n                \"a:c\"\n            ]\n        }\n    ]\n}\n",
        "{\n\t\"Version\": \"2012-10-17\",\n\t\"Statement\": [\n\t\t{\n\t\t\t\"Action\": [\"a:b\", \"a:c\"]\n\t\t}\n\t]\n}",
        "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Deny\", \"Action\": \"a:b\"}\n  ]\n}",
        "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    { \"Effect\": \"Deny\", \"Action\": \"a:b\" }\n  ]\n}",
    ];
    for text in texts {
        let mut other = parse(text).unwrap();
        other["Version"] = json!("2008-10-17");
        let mut live = FileText::Text(other.to_string());
        liken(&mut live, &FileText::Text(text.to_owned()));
        assert_eq!(live.as_str(), text.replace("2012", "2008"));
    }
}

#[test]
fn finds_what_a_change_takes_away() {
    let live = parse(REFERER).unwrap();
    assert_eq!(lost_access(&live, Some(&live)), [""; 0]);
    assert_eq!(lost_access(&live, None), ["statement \"site\" goes", "statement \"server\" goes"]);
    let mut wider = live.clone();
    wider["Statement"][1]["Action"] = json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]);
    wider["Statement"][0]["Sid"] = json!("renamed");
    assert_eq!(lost_access(&live, Some(&wider)), [""; 0]);
    assert_eq!(lost_access(&wider, Some(&live)), ["statement \"server\" goes"]);
    let mut denies = live.clone();
    let deny = json!({ "Effect": "Deny", "Principal": "*", "NotAction": "s3:Get*", "Resource": "x" });
    denies["Statement"].as_array_mut().unwrap().push(deny);
    assert_eq!(lost_access(&live, Some(&denies)), ["Deny all but s3:Get* comes"]);
}

#[test]
fn a_referer_does_not_make_a_policy_less_public_but_a_network_does() {
    let referer = policy(&json!({ "Condition": { "StringLike": { "aws:Referer": "x" } } }));
    assert_eq!(public_statement(&referer).as_deref(), Some("Allow s3:GetObject"));
    let network = policy(&json!({ "Condition": { "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } } }));
    assert_eq!(public_statement(&network), None);
    assert_eq!(public_statement(&policy(&json!({ "Principal": { "AWS": "123456789012" } }))), None);
    assert_eq!(public_statement(&policy(&json!({ "Effect": "Deny" }))), None);
}

#[test]
fn an_id_in_place_of_an_arn_is_a_deleted_principal() {
    let principals =
        json!({ "AWS": ["AROAJ2EXAMPLEID00001", "arn:aws:iam::123456789012:role/a", "AIDAJ2EXAMPLEID00001"] });
    let policy = policy(&json!({ "Principal": principals }));
    assert_eq!(deleted_principals(&policy), ["AIDAJ2EXAMPLEID00001", "AROAJ2EXAMPLEID00001"]);
}
