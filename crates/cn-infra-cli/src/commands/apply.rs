//! `cn-infra apply`: plans, shows, asks and carries out; or carries out a plan that was saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cn_infra_aws::preflight::{Tried, preflight};
use cn_infra_core::address::Address;
use cn_infra_core::apply::ApplyOptions;
use cn_infra_core::environment::Environment;
use cn_infra_core::journal::{Header, Journal};
use cn_infra_core::plan::Plan;
use jiff::Timestamp;

use crate::all::All;
use crate::arguments;
use crate::carry_out::{CarryOut, exit_code};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::before_writing;
use crate::lock::{self, Force};
use crate::my_ip;
use crate::survey::{Access, Subject, Survey};
use crate::target;
use crate::view::{self, Answer, View};
use cn_infra_core::plan::file::{self, PlanFileError};

/// A plan older than this is pointed out, and asked for.
const OLD_SECONDS: i64 = 3600;

/// What is carried out.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// A fresh plan of an environment.
    Environment(String),
    /// A saved plan.
    File(PathBuf),
}

impl Target {
    /// A path has a separator or ends with `.json`; anything else is an environment.
    fn of(argument: Option<&str>, last: PathBuf) -> Self {
        let Some(text) = argument else { return Self::File(last) };
        let path = PathBuf::from(text);
        if text.contains(std::path::is_separator) || path.extension().is_some_and(|extension| extension == "json") {
            return Self::File(path);
        }
        Self::Environment(text.to_owned())
    }
}

/// Runs the command.
pub async fn run(arguments: &arguments::Apply, context: &Context) -> Result<ExitCode> {
    if arguments.all {
        return all(arguments, context).await;
    }
    match Target::of(arguments.target.as_deref(), context.saved_plan()) {
        Target::Environment(name) => fresh(&name, arguments, context).await,
        Target::File(path) => saved(&path, arguments, context).await,
    }
}

/// Somebody has to agree: at the terminal, or by `--yes`.
pub(super) fn check_can_ask(arguments: &arguments::Apply) -> Result<()> {
    if arguments.yes || View::can_ask() {
        return Ok(());
    }
    Err(CommandError::usage("there is no terminal to ask at").hint("add --yes to apply without being asked"))
}

async fn fresh(name: &str, arguments: &arguments::Apply, context: &Context) -> Result<ExitCode> {
    check_can_ask(arguments)?;
    let subject = Subject::load(name, context)?;
    let options = subject.options(&arguments.selection)?;
    let survey = subject.open(Access::Write, context).await?;
    let preparing = async {
        let plan = survey.plan(&options).await?;
        show(&plan, arguments, context)?;
        let arguments = agreed(&plan, &survey, arguments, context).await?;
        Ok((plan, arguments))
    };
    let work = async {
        let (plan, arguments) = &before_writing(preparing).await?;
        let journal = context.journal(plan, survey.clock.now());
        carry_out(plan, &survey, false, journal, arguments, context).await
    };
    lock::alone(std::slice::from_ref(&survey), force(arguments), context, Box::pin(work)).await
}

async fn all(arguments: &arguments::Apply, context: &Context) -> Result<ExitCode> {
    check_can_ask(arguments)?;
    let all = All::open(Access::Write, &arguments.selection, context).await?;
    let (home, _) = all.split()?;
    let preparing = async {
        let plan = all.plan(arguments.selection.my_ip).await?;
        show(&plan, arguments, context)?;
        let arguments = agreed(&plan, home, arguments, context).await?;
        Ok((plan, arguments))
    };
    let work = async {
        let (plan, arguments) = &before_writing(preparing).await?;
        // An undo begins at the environment of its journal.
        let environment = home.environment.name.clone();
        let header = Header { environment, ..Header::of(plan, home.clock.now()) };
        let journal = Arc::new(Journal::new(context.journals(), header));
        carry_out(plan, home, false, journal, arguments, context).await
    };
    lock::alone(&all.surveys, force(arguments), context, Box::pin(work)).await
}

/// What is done about somebody else's lease.
pub(super) fn force(arguments: &arguments::Apply) -> Force {
    Force { unlock: arguments.force_unlock, yes: arguments.yes }
}

async fn saved(path: &Path, arguments: &arguments::Apply, context: &Context) -> Result<ExitCode> {
    if arguments.selection.prune
        || !arguments.selection.only.is_empty()
        || !arguments.selection.create_anyway.is_empty()
        || arguments.selection.my_ip.is_some()
    {
        return Err(CommandError::usage("a saved plan is carried out as it is").hint(
            "give --prune, --only, --create-anyway and --my-ip to `cn-infra plan`, or name the environment here",
        ));
    }
    let plan = load(path, &context.saved_plan())?;
    check_can_ask(arguments)?;
    let subject = Subject::load(&plan.environment, context)?;
    check_basis(&plan, &subject.environment)?;
    let survey = subject.open(Access::Write, context).await?;
    let preparing = async {
        show(&plan, arguments, context)?;
        context.view.say(&format!("\n{}\n", provenance(&plan, path, survey.clock.now())));
        agreed(&plan, &survey, arguments, context).await
    };
    let work = async {
        let arguments = &before_writing(preparing).await?;
        let journal = context.journal(&plan, survey.clock.now());
        carry_out(&plan, &survey, true, journal, arguments, context).await
    };
    let code = lock::alone(std::slice::from_ref(&survey), force(arguments), context, Box::pin(work)).await?;
    if matches!(code, ExitCode::Done | ExitCode::Blocked) {
        std::fs::remove_file(path).map_err(|error| CommandError::file("remove", path, error))?;
    }
    Ok(code)
}

fn load(path: &Path, last: &Path) -> Result<Plan> {
    match file::load(path) {
        Ok(saved) => Ok(saved.plan),
        Err(PlanFileError::Missing { .. }) if path == last => {
            Err(CommandError::new("no saved plan; run `cn-infra plan ENV`"))
        }
        Err(error) => Err(error.into()),
    }
}

/// A plan holds for the bytes and the account that it was made from.
fn check_basis(plan: &Plan, environment: &Environment) -> Result<()> {
    let moved = if plan.files != environment.hash {
        "the environment's files changed since the plan was made".to_owned()
    } else if plan.account != environment.account {
        format!("the plan is for account {}, the environment is in {}", plan.account, environment.account)
    } else {
        return Ok(());
    };
    let error = CommandError::new(moved).code(ExitCode::Stale);
    Err(error.hint(format!("run `cn-infra plan {}` again; nothing was written", plan.environment)))
}

/// Shows a plan, for people or programs.
pub(super) fn show(plan: &Plan, arguments: &arguments::Apply, context: &Context) -> Result<()> {
    let view = &context.view;
    if arguments.json {
        view.data(&format!("{}\n", view::json::planned(plan)))
    } else {
        view.data(&view::plan::plan(plan, view.stdout_style()))
    }
}

/// Tries a plan out and asks for it: the arguments with all that was allowed.
async fn agreed(
    plan: &Plan,
    survey: &Survey,
    arguments: &arguments::Apply,
    context: &Context,
) -> Result<arguments::Apply> {
    try_out(plan, survey, arguments, context).await?;
    agree(plan, may_go_unasked(plan, survey.clock.now(), arguments), context).await?;
    allowed(plan, survey, arguments, context).await
}

/// With `--preflight`: asks EC2 whether it would take each step.
async fn try_out(plan: &Plan, survey: &Survey, arguments: &arguments::Apply, context: &Context) -> Result<()> {
    if !arguments.preflight || plan.is_empty() {
        return Ok(());
    }
    // What may be deleted is asked later; here nothing is.
    let allow_delete = plan.steps.iter().map(|step| step.id.address.clone()).collect();
    let options = ApplyOptions { allow_delete, ..options(arguments, context) };
    let tried = preflight(plan, &survey.session, &options, &*survey.clock).await;
    context.view.report(&view::preflight::tried(&tried, context.view.stderr_style()));
    let refused = tried.values().filter(|tried| matches!(tried, Tried::Refused(_))).count();
    if refused == 0 {
        return Ok(());
    }
    Err(CommandError::new(format!("EC2 would refuse {}; nothing was applied", view::count(refused, "step"))))
}

/// An old plan, and one that may lock its operator out, is asked for even with `--yes`, where somebody is there to answer.
fn may_go_unasked(plan: &Plan, now: Timestamp, arguments: &arguments::Apply) -> bool {
    arguments.yes && !((is_old(plan, now) || my_ip::matters(plan)) && View::can_ask())
}

fn is_old(plan: &Plan, now: Timestamp) -> bool {
    now.duration_since(plan.at).as_secs() > OLD_SECONDS
}

/// `Saved plan .cn-infra/plan.json, made 12 min ago.`
fn provenance(plan: &Plan, path: &Path, now: Timestamp) -> String {
    let age = now.duration_since(plan.at).unsigned_abs();
    let remark = if is_old(plan, now) {
        " That is long ago: each step is compared with live before it is carried out."
    } else {
        ""
    };
    format!("Saved plan {}, made {} ago.{remark}", path.display(), view::events::time(age))
}

fn question(plan: &Plan) -> String {
    let these =
        if plan.steps.len() == 1 { "this step".to_owned() } else { format!("these {} steps", plan.steps.len()) };
    let risk = if my_ip::matters(plan) { "You may be among those that port 22 is closed to [CN106]. " } else { "" };
    format!("{risk}Apply {these} to {} (account {})?", plan.environment, plan.account)
}

/// Asks, unless nothing would be done or nobody is to be asked.
pub(super) async fn agree(plan: &Plan, unasked: bool, context: &Context) -> Result<()> {
    if plan.is_empty() || unasked {
        return Ok(());
    }
    match context.view.ask(&question(plan)).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was applied")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was applied").code(ExitCode::Interrupted)),
    }
}

/// The arguments with every delete that takes data with it allowed: by `--allow-delete`, or by typing its name, one after
/// the other. `--yes` does not answer that.
pub(super) async fn allowed(
    plan: &Plan,
    survey: &Survey,
    arguments: &arguments::Apply,
    context: &Context,
) -> Result<arguments::Apply> {
    let mut arguments = arguments.clone();
    let mut allowed = allow_delete(&arguments, survey)?;
    for address in plan.data_deletes(&survey.kinds) {
        if allowed.contains(address) {
            continue;
        }
        let refused = |what: &str| CommandError::new(format!("{what}; nothing was applied"));
        if !View::can_ask() {
            let error = refused(&format!("the data of {address} would go with it, and nobody allowed that"));
            return Err(error.code(ExitCode::Blocked).hint(format!("add --allow-delete {address}")));
        }
        match context.view.ask_for(&format!("Delete {address} and its data?"), &address.to_string()).await {
            Answer::Yes => {}
            Answer::No => return Err(refused(&format!("declined to delete {address}"))),
            Answer::Interrupted => return Err(refused("interrupted").code(ExitCode::Interrupted)),
        }
        arguments.allow_delete.push(address.to_string());
        allowed.insert(address.clone());
    }
    Ok(arguments)
}

fn allow_delete(arguments: &arguments::Apply, survey: &Survey) -> Result<BTreeSet<Address>> {
    let resource = |text: &String| target::declared_or_unlisted(text, &survey.environment, &survey.kinds);
    arguments.allow_delete.iter().map(resource).collect()
}

/// Carries a plan out that was shown and agreed to.
pub(super) async fn carry_out(
    plan: &Plan,
    survey: &Survey,
    verify: bool,
    journal: Arc<Journal>,
    arguments: &arguments::Apply,
    context: &Context,
) -> Result<ExitCode> {
    if plan.is_empty() {
        return Ok(exit_code(None, plan));
    }
    let allow_delete = allow_delete(arguments, survey)?;
    let options = ApplyOptions { verify, allow_delete, ..options(arguments, context) };
    CarryOut { survey, options, journal, json: arguments.json, view: &context.view }.run(plan).await
}

fn options(arguments: &arguments::Apply, context: &Context) -> ApplyOptions {
    ApplyOptions {
        parallelism: usize::from(context.global.parallelism),
        no_wait: arguments.no_wait,
        ..ApplyOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::plan::SAVED;
    use crate::testing::environment;
    use crate::view::sample;
    use cn_infra_core::plan::Action;

    #[test]
    fn a_path_is_a_saved_plan_and_a_name_an_environment() {
        assert_eq!(Target::of(None, SAVED.into()), Target::File(SAVED.into()));
        assert_eq!(Target::of(Some("production"), SAVED.into()), Target::Environment("production".into()));
        assert_eq!(Target::of(Some("reviewed.json"), SAVED.into()), Target::File("reviewed.json".into()));
        assert_eq!(Target::of(Some("./plans/today"), SAVED.into()), Target::File("./plans/today".into()));
    }

    #[test]
    fn a_plan_of_other_files_or_another_account_is_stale() {
        let environment = environment(&[]);
        let plan = sample::plan(Vec::new());
        assert!(check_basis(&plan, &environment).is_ok());
        let error = check_basis(&Plan { files: "1".repeat(64), ..plan.clone() }, &environment).unwrap_err();
        assert_eq!(error.code, ExitCode::Stale);
        assert_eq!(error.error.to_string(), "the environment's files changed since the plan was made");
        let error = check_basis(&Plan { account: "210987654321".into(), ..plan }, &environment).unwrap_err();
        assert_eq!(error.code, ExitCode::Stale);
    }

    #[test]
    fn a_missing_plan_says_how_to_make_one() {
        let error = load(Path::new(SAVED), Path::new(SAVED)).unwrap_err();
        assert_eq!(error.error.to_string(), "no saved plan; run `cn-infra plan ENV`");
        assert_eq!(error.code, ExitCode::Failed);
    }

    #[test]
    fn a_plan_of_another_format_is_stale() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("plan.json");
        std::fs::write(&path, r#"{ "format": 0, "cn_infra": "0.0.9" }"#).unwrap();
        assert_eq!(load(&path, Path::new(SAVED)).unwrap_err().code, ExitCode::Stale);
    }

    #[test]
    fn the_question_names_what_is_at_stake_and_an_old_plan_is_pointed_out() {
        let plan = sample::plan(vec![sample::step("instance.web", Action::Create)]);
        assert_eq!(question(&plan), "Apply this step to production (account 123456789012)?");
        let at = |text: &str| provenance(&plan, Path::new(SAVED), text.parse().unwrap());
        assert_eq!(at("2026-11-30T19:12:30Z"), "Saved plan .cn-infra/plan.json, made 12 min 30 s ago.");
        assert!(
            at("2026-11-30T21:05:00Z").starts_with("Saved plan .cn-infra/plan.json, made 2 h 5 min ago. That is long")
        );
    }
}
