//! Environment files: loaded, checked, planned, printed, saved and read back.

use std::path::Path;
use std::sync::LazyLock;

use cn_infra_core::check::check;
use cn_infra_core::environment::{Diagnostics, Environment};
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::plan::file::{FORMAT, SavedPlan, parse};
use cn_infra_core::plan::{Plan, PlanOptions, plan};
use jiff::Timestamp;

use super::assert_is_plain;
use super::bundle::{Bundle, DIRECTORY};
use super::live::live;
use crate::error::CommandError;
use crate::view::{self, Style};

pub(super) static KINDS: LazyLock<Kinds> = LazyLock::new(cn_infra_aws::kinds);

/// A terminal that wraps, and a pipe.
const STYLES: [Style; 2] = [Style { colored: false, width: Some(40) }, Style { colored: false, width: None }];
const COLORED: Style = Style { colored: true, width: Some(80) };

/// The files of an environment, as [`Bundle`] has them. A file `before.toml` is what live was made from.
pub fn environment(input: &[u8]) {
    let bundle = Bundle::of(input);
    let Some(wanted) = load(&bundle) else { return };
    look(&wanted, &Live::new(Timestamp::UNIX_EPOCH));
    look(&wanted, &live(&wanted));
    if let Some(before) = bundle.with_main("before.toml").and_then(|before| load(&before)) {
        look(&wanted, &live(&before));
    }
}

/// Loads as every command does; what is wrong is printed.
pub(super) fn load(bundle: &Bundle) -> Option<Environment> {
    match Environment::load_from(bundle, Path::new(DIRECTORY), "test", &KINDS) {
        Ok(environment) => Some(environment),
        Err(diagnostics) => {
            wrong(diagnostics);
            None
        }
    }
}

fn wrong(diagnostics: Diagnostics) {
    assert!(!diagnostics.0.is_empty(), "refused without a word");
    for style in STYLES {
        assert_is_plain(&view::error::diagnostics(&diagnostics, style));
    }
    let checked = view::check::Checked { environment: "test".to_owned(), result: Err(diagnostics) };
    assert!(!checked.is_valid());
    view::check::checked(&checked, COLORED);
    view::json::document(&view::check::json(&[checked])).expect("a document");
}

/// What `check` and `plan` do with an environment.
fn look(environment: &Environment, live: &Live) {
    let now = Timestamp::UNIX_EPOCH;
    let findings = check(environment, &KINDS, now);
    let checked = view::check::Checked { environment: "test".to_owned(), result: Ok((0, findings)) };
    for style in STYLES {
        assert_is_plain(&view::check::checked(&checked, style));
        assert_is_plain(&view::resolved::environment(environment, style));
    }
    view::json::document(&view::resolved::json(environment)).expect("a document");
    for prune in [false, true] {
        let options = PlanOptions { prune, ..PlanOptions::default() };
        match plan(environment, live, &KINDS, &options, now) {
            Ok(plan) => look_at_plan(&plan),
            Err(error) => STYLES.iter().for_each(|style| {
                assert_is_plain(&view::error::error(
                    &CommandError::from(anyhow::Error::msg(error.to_string())),
                    *style,
                ));
            }),
        }
    }
}

/// Prints a plan in every way; saved and read back it is the same.
pub(super) fn look_at_plan(plan: &Plan) {
    for style in STYLES {
        assert_is_plain(&view::plan::plan(plan, style));
    }
    view::plan::plan(plan, COLORED);
    assert_is_plain(&view::markdown::plan(plan));
    view::json::document(plan).expect("a document");
    let saved = SavedPlan { format: FORMAT, cn_infra: "0".to_owned(), plan: plan.clone() };
    let text = serde_json::to_vec_pretty(&saved).expect("a plan is a document");
    assert_eq!(parse(&text, Path::new("plan.json")).expect("what was saved can be read"), saved);
}
