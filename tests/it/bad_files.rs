//! Environment files with mistakes that people make, held against the real kinds: what a user reads about each.
//!
//! `bad_files/*.toml` is one case each, with its message beside it. A line `#@ path` begins another file of the case,
//! the line `#@@` stands for a header that is right. A case needs no code.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use cn_infra::aws::kinds;
use cn_infra::core::environment::{Environment, Files};

const HEADER: &str =
    "[environment]\nname = \"test\"\nproject = \"coralnet\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n";

/// The files of a case, by name.
struct Case(BTreeMap<String, String>);

impl Case {
    fn read(text: &str) -> Self {
        let mut sections = text.split("#@ ");
        let main = sections.next().unwrap_or_default().replace("#@@\n", HEADER);
        let others = sections.map(|section| section.split_once('\n').unwrap());
        let others = others.map(|(name, content)| (name.trim().to_owned(), content.to_owned()));
        Self(others.chain([("test.toml".to_owned(), main)]).collect())
    }

    fn told(&self) -> String {
        match Environment::load_from(self, Path::new("environments"), "test", &kinds()) {
            Ok(_) => panic!("the file is taken to be right"),
            Err(problems) => problems.to_string(),
        }
    }
}

impl Files for Case {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.strip_prefix("environments").map_err(io::Error::other)?.to_string_lossy();
        self.0.get(name.as_ref()).map(|text| text.clone().into_bytes()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

#[test]
fn every_mistake_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad_files");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    cases.sort();
    assert!(cases.len() >= 40);
    for path in cases {
        let name = path.file_stem().unwrap().to_string_lossy();
        let told = Case::read(&fs::read_to_string(&path).unwrap()).told();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "bad_files" }, {
            insta::assert_snapshot!(name.as_ref(), told);
        });
    }
}
