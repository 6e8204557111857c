//! Words: what the repository's own files say for each field, and what nobody should.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::{Table, Value};

macro_rules! kept {
    ($($path:literal),* $(,)?) => { [$(($path, include_str!(concat!("../../../../../", $path)))),*] };
}

const FILES: [(&str, &str); 19] = kept![
    "environments/common.toml",
    "environments/production.toml",
    "environments/staging.toml",
    "examples/beta-migration/environments/production.toml",
    "examples/beta-migration/environments/staging.toml",
    "tests/it/fields/bucket-acl.toml",
    "tests/it/fields/bucket-delivery.toml",
    "tests/it/fields/bucket.toml",
    "tests/it/fields/db_instance-encrypted.toml",
    "tests/it/fields/db_instance-key.toml",
    "tests/it/fields/db_instance-parameters.toml",
    "tests/it/fields/db_instance-restored.toml",
    "tests/it/fields/db_instance.toml",
    "tests/it/fields/elastic_ip.toml",
    "tests/it/fields/instance-stopped.toml",
    "tests/it/fields/instance-subnet.toml",
    "tests/it/fields/instance.toml",
    "tests/it/fields/security_group-vpc.toml",
    "tests/it/fields/security_group.toml",
];

/// Files that fields name, as the files of an input.
pub const TEXTS: [(&str, &str); 4] = [
    ("common.toml", FILES[0].1),
    ("production/media-policy.json", include_str!("../../../../../environments/production/media-policy.json")),
    ("production/cloud-init.yaml", include_str!("../../../../../environments/production/cloud-init.yaml")),
    ("template.json", "{\"Statement\": \"{{site}} {{bucket.media.arn}} {{elastic_ip.site.public_ip}} {{nothing}}\"}"),
];

/// What no field is made for.
pub const ODD: [&str; 14] = [
    "",
    " ",
    "none",
    "*",
    "{{site}}",
    "{{bucket.media.arn}}",
    "{{",
    "../x",
    "template.json",
    "security_group.web",
    "other/instance.web",
    "\u{1b}[2J\u{202e}",
    "日本 \u{301}\n\"'\\",
    "0.0.0.0/0",
];

/// Samples of fields that the files do not have, or under names of their own only.
const MORE: [(&str, &[&str]); 3] = [
    ("networks", &["198.51.100.7/32", "10.0.0.0/8", "::/0", "10.1.2.3/8", "lab", "everyone"]),
    ("renamed_from", &["instance.old", "bucket.old", "security_group.old", "elastic_ip.old", "db_instance.old"]),
    ("adopt", &["i-0123456789abcdef0", "sg-0123456789abcdef0", "eipalloc-0123456789abcdef0", "coralnet-production"]),
];

/// Samples of a field, by its name.
static SAMPLES: LazyLock<BTreeMap<String, Vec<Value>>> = LazyLock::new(|| {
    let mut samples = BTreeMap::new();
    for (path, text) in FILES {
        let mut table: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        // What the field matrix expects to be sent is no part of an environment.
        table.retain(|name, _| !["create", "requests", "elsewhere"].contains(&name));
        gather(&table.into(), "", &mut samples);
    }
    for (field, texts) in MORE {
        for text in texts {
            note((*text).into(), field, &mut samples);
        }
    }
    samples
});

/// Notes every scalar by the name of its field, and the names of a table's entries by that of the table.
fn gather(value: &Value, field: &str, samples: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Table(entries) => {
            for (name, value) in entries {
                note(name.as_str().into(), &format!("{field}."), samples);
                if name == "defaults" {
                    // Its tables are named as those of resources, and hold fields.
                    value.as_table().into_iter().flat_map(Table::values).for_each(|fields| gather(fields, "", samples));
                } else {
                    gather(value, name.rsplit('.').next().unwrap_or(name), samples);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, field, samples)),
        scalar => note(scalar.clone(), field, samples),
    }
}

fn note(value: Value, field: &str, samples: &mut BTreeMap<String, Vec<Value>>) {
    let known = samples.entry(field.to_owned()).or_default();
    if !known.contains(&value) {
        known.push(value);
    }
}

/// The samples of a field, or of the names in a table where a dot follows.
pub fn of(field: &str) -> &'static [Value] {
    SAMPLES.get(field).map_or(&[], Vec::as_slice)
}

/// Every field that has samples.
pub fn fields() -> Vec<&'static str> {
    SAMPLES.keys().map(String::as_str).collect()
}
