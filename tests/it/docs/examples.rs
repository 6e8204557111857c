//! Every environment file in the pages can be loaded: whole ones, and pieces that begin with a table.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use cn_infra::aws::kinds;
use cn_infra::core::environment::{Environment, Files};

use super::{files, path};

/// What stands above a piece that has no header. Its networks are those that the pages name.
const HEADER: &str = r#"
[environment]
name    = "NAME"
project = "coralnet"
account = "123456789012"
region  = "us-west-2"
"#;

/// What pieces refer to without declaring it.
const AROUND: &[(&str, &str)] = &[
    ("[networks]", "[networks]\ndevelopers = [\"198.51.100.7/32\"]\neveryone = [\"0.0.0.0/0\", \"::/0\"]\n"),
    ("[security_group.web", "[security_group.web]\n"),
    ("[security_group.db", "[security_group.db]\n"),
    ("[instance.web", "[instance.web]\ntype = \"t3.micro\"\nimage = \"ami-0123456789abcdef0\"\n"),
    ("[bucket.logs", "[bucket.logs]\nname = \"coralnet-logs\"\n"),
    (
        "[db_instance.main",
        "[db_instance.main]\nengine = \"postgres\"\nclass = \"db.t3.micro\"\nstorage = { size_gib = 20 }\n\
         master_username = \"coralnet\"\nmaster_password = \"managed\"\n",
    ),
];

/// The file under test, those that the page shows beside it, and any text file that one names.
struct Page(BTreeMap<String, String>);

impl Files for Page {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(text) = self.0.get(name.as_ref()) {
            return Ok(text.clone().into_bytes());
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Ok(br#"{"Version": "2012-10-17", "Statement": []}"#.to_vec()),
            Some("toml") => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(b"#cloud-config\n".to_vec()),
        }
    }
}

/// The ```toml blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap_or_default()).collect()
}

/// The name that the first line of a block gives it: `# environments/common.toml`.
fn file_name(block: &str) -> Option<String> {
    let line = block.lines().next()?.strip_prefix("# environments/")?;
    Some(line.split_whitespace().next()?.to_owned())
}

/// The name that a whole file says it has.
fn environment_name(block: &str) -> Option<&str> {
    let (_, header) = block.split_once("[environment]")?;
    let line = header.lines().find(|line| line.starts_with("name"))?;
    line.split('"').nth(1)
}

fn whole(block: &str) -> String {
    if block.contains("[environment]") {
        return block.to_owned();
    }
    let absent = |(begins, _): &&(&str, &str)| !block.contains(begins);
    let around: String = AROUND.iter().filter(absent).map(|(_, table)| *table).collect();
    format!("{}\n{block}\n{around}", HEADER.replace("NAME", "example"))
}

#[test]
fn every_environment_of_the_pages_can_be_loaded() {
    let mut pages = files(&path("docs"), "md");
    pages.extend(["README.md", "CHANGELOG.md"].map(path).into_iter().filter(|page| page.exists()));
    let mut count = 0;
    for page in pages {
        let page_text = std::fs::read_to_string(&page).unwrap();
        let blocks = blocks(&page_text);
        let named = blocks.iter().filter_map(|block| Some((file_name(block)?, (*block).to_owned())));
        let named: BTreeMap<_, _> = named.collect();
        for block in blocks {
            let included = file_name(block).is_some() && !block.contains("[environment]");
            if included {
                // It is loaded with the file that includes it.
                continue;
            }
            let name = format!("{}.toml", environment_name(block).unwrap_or("example"));
            let mut around = named.clone();
            around.insert("staging.toml".to_owned(), String::new());
            around.insert(name.clone(), whole(block));
            let name = name.trim_end_matches(".toml");
            let loaded = Environment::load_from(&Page(around), Path::new("environments"), name, &kinds());
            assert!(loaded.is_ok(), "{}:\n{block}\n\n{}", page.display(), loaded.unwrap_err());
            count += 1;
        }
    }
    assert!(count >= 8, "the pages show only {count} environments");
}
