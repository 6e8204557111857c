//! Outputs: for a shell, for a program, or as TOML for both and people.

use std::collections::BTreeMap;

use cn_infra_core::address::Address;
use cn_infra_core::live::Outputs;

use super::json;
use crate::arguments::Format;
use crate::error::{CommandError, Result};

/// All outputs in a format.
pub fn outputs(outputs: &BTreeMap<Address, Outputs>, format: Format) -> Result<String> {
    match format {
        Format::Env => shell(outputs),
        Format::Json => json::document(outputs),
        Format::Toml => Ok(tables(outputs)),
    }
}

/// `ELASTIC_IP_SITE_PUBLIC_IP='198.51.100.20'`; within quotes a shell takes everything as it is, but a quote. Of two outputs
/// with one variable the shell would only keep the last, so they are an error.
fn shell(outputs: &BTreeMap<Address, Outputs>) -> Result<String> {
    let mut named = BTreeMap::new();
    let mut lines = String::new();
    for (address, of) in outputs {
        for (name, value) in of {
            let variable = format!("{}_{}_{name}", address.kind, address.name).replace('-', "_").to_uppercase();
            lines += &[&variable, "='", &value.replace('\'', r"'\''"), "'\n"].concat();
            if let Some(other) = named.insert(variable.clone(), address) {
                let error = CommandError::new(format!("{other} and {address} would both be {variable}"));
                return Err(error.hint("rename one with `renamed_from`, or take --format json"));
            }
        }
    }
    Ok(lines)
}

fn tables(outputs: &BTreeMap<Address, Outputs>) -> String {
    let line = |(name, value): (&String, &String)| format!("{name} = {}\n", toml::Value::from(value.as_str()));
    let table =
        |(address, of): (&Address, &Outputs)| format!("[{address}]\n{}", of.iter().map(line).collect::<String>());
    outputs.iter().map(table).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BTreeMap<Address, Outputs> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        BTreeMap::from([
            (Address::new("db_instance", "main"), Outputs::from([pair("endpoint", "it's.example")])),
            (
                Address::new("elastic_ip", "site-b"),
                Outputs::from([pair("id", "eipalloc-0abc"), pair("public_ip", "198.51.100.20")]),
            ),
        ])
    }

    #[test]
    fn a_shell_can_evaluate_them() {
        insta::assert_snapshot!(outputs(&sample(), Format::Env).unwrap(), @r"
        DB_INSTANCE_MAIN_ENDPOINT='it'\''s.example'
        ELASTIC_IP_SITE_B_ID='eipalloc-0abc'
        ELASTIC_IP_SITE_B_PUBLIC_IP='198.51.100.20'
        ");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_gets_back_what_was_told() {
        for value in ["it's.example", "$(id) `id` $HOME \\ \"", " two\nlines ", ""] {
            let told = Outputs::from([("endpoint".to_owned(), value.to_owned())]);
            let lines = outputs(&BTreeMap::from([(Address::new("db_instance", "main"), told)]), Format::Env).unwrap();
            let script = "eval \"$1\"; printf '%s.' \"$DB_INSTANCE_MAIN_ENDPOINT\"";
            let shell = std::process::Command::new("sh").args(["-euc", script, "sh", &lines]).output().unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), format!("{value}."), "{lines}");
        }
    }

    #[test]
    fn no_variable_stands_for_two() {
        let one = |name: &str| (Address::new("elastic_ip", name), Outputs::from([("id".to_owned(), name.to_owned())]));
        let error = outputs(&BTreeMap::from([one("site-b"), one("site_b")]), Format::Env).unwrap_err();
        let said = "elastic_ip.site-b and elastic_ip.site_b would both be ELASTIC_IP_SITE_B_ID";
        assert_eq!(error.error.to_string(), said);
    }

    #[test]
    fn toml_and_json_have_a_table_per_resource() {
        let text = outputs(&sample(), Format::Toml).unwrap();
        insta::assert_snapshot!(text, @r#"
        [db_instance.main]
        endpoint = "it's.example"

        [elastic_ip.site-b]
        id = "eipalloc-0abc"
        public_ip = "198.51.100.20"
        "#);
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["elastic_ip"]["site-b"]["id"].as_str(), Some("eipalloc-0abc"));
        let json: serde_json::Value = serde_json::from_str(&outputs(&sample(), Format::Json).unwrap()).unwrap();
        assert_eq!(json["elastic_ip.site-b"]["public_ip"], "198.51.100.20");
    }
}
