//! Outputs: for a shell, for a program, or as TOML for both and people.

use std::collections::BTreeMap;

use cn_infra_core::address::Address;
use cn_infra_core::live::Outputs;

use super::json;
use crate::arguments::Format;
use crate::error::Result;

/// All outputs in a format.
pub fn outputs(outputs: &BTreeMap<Address, Outputs>, format: Format) -> Result<String> {
    match format {
        Format::Env => Ok(shell(outputs)),
        Format::Json => json::document(outputs),
        Format::Toml => Ok(tables(outputs)),
    }
}

/// `ELASTIC_IP_SITE_PUBLIC_IP='198.51.100.20'`; within quotes a shell takes everything as it is, but a quote.
fn shell(outputs: &BTreeMap<Address, Outputs>) -> String {
    let line = |address: &Address, (name, value): (&String, &String)| {
        let variable = format!("{}_{}_{name}", address.kind, address.name).replace('-', "_").to_uppercase();
        format!("{variable}='{}'\n", value.replace('\'', r"'\''"))
    };
    outputs.iter().flat_map(|(address, of)| of.iter().map(move |pair| line(address, pair))).collect()
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
