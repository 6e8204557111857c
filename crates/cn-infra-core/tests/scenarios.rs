//! Every folder of `tests/scenarios` is a test: `environment.json` and `live.json` must make the plan in `plan.json`.
//!
//! To add one, write the first two and run with `UPDATE_SCENARIOS=1`; then read what was written.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::environment::Environment;
use cn_infra_core::live::{Live, Object, Outputs, Readiness};
use cn_infra_core::owner::Tags;
use cn_infra_core::plan::{PlanOptions, plan};
use cn_infra_core::testing::{kinds, samples};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `environment.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    prune: bool,
    #[serde(default)]
    only: Vec<Address>,
    #[serde(default)]
    create_anyway: Vec<Address>,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    name: Option<String>,
    #[serde(default)]
    tags: Tags,
    protect: Option<bool>,
    adopt: Option<PhysicalId>,
    renamed_from: Option<Address>,
    #[serde(default)]
    fields: Value,
}

/// One object of `live.json`; `of` gives it the tags of a resource.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct There {
    id: String,
    name: String,
    of: Option<String>,
    token: Option<String>,
    #[serde(default)]
    tags: Tags,
    readiness: Option<Readiness>,
    unfinished: Option<String>,
    #[serde(default)]
    outputs: Outputs,
    #[serde(default)]
    fields: Value,
}

#[test]
fn every_scenario_makes_its_plan() -> Result<(), Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut seen = 0;
    for entry in fs::read_dir(directory)? {
        let folder = entry?.path();
        let (environment, options) = wanted(read(&folder.join("environment.json"))?);
        let live = live(read(&folder.join("live.json"))?);
        let plan = plan(&environment, &live, &kinds::kinds(), &options, samples::NOW)?;
        let made = serde_json::to_string_pretty(&plan)? + "\n";
        let expected = folder.join("plan.json");
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            fs::write(&expected, &made)?;
        }
        assert_eq!(made, fs::read_to_string(&expected)?, "{}", folder.display());
        seen += 1;
    }
    assert!(seen > 0, "no scenario was found");
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn wanted(wanted: Wanted) -> (Environment, PlanOptions) {
    let Wanted { prune, only, create_anyway, resources } = wanted;
    let mut environment = samples::environment();
    for (at, resource) in resources {
        let Resource { name, tags, protect, adopt, renamed_from, fields } = resource;
        let declared = samples::declare(&mut environment, &at, fields);
        declared.name = name.unwrap_or_else(|| declared.name.clone());
        (declared.tags, declared.protect, declared.adopt, declared.renamed_from) = (tags, protect, adopt, renamed_from);
    }
    (environment, PlanOptions { prune, only, create_anyway, my_ip: None, ..PlanOptions::default() })
}

fn live(there: Vec<There>) -> Live {
    samples::live(there.into_iter().map(|there| {
        let There { id, name, of, token, tags, readiness, unfinished, outputs, fields } = there;
        let object = samples::object(&id, &name, fields);
        let object = if let Some(at) = of { samples::owned(&at, object) } else { object };
        let tags = object.tags.into_iter().chain(tags).collect();
        let readiness = readiness.unwrap_or(Readiness::Ready);
        Object { token, tags, readiness, unfinished, outputs, ..object }
    }))
}
