//! `cn-infra plan`: shows what would bring live to what the file says, and keeps it for `apply`.

use std::path::Path;

use cn_infra_core::plan::Plan;

use crate::all::All;
use crate::arguments;
use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;
use crate::survey::{Access, Subject};
use crate::view;
use cn_infra_core::plan::file;

/// Where a plan for AWS is kept, unless `--out` says otherwise; relative to the current directory.
pub const SAVED: &str = ".cn-infra/plan.json";

/// Runs the command.
pub async fn run(arguments: &arguments::Plan, context: &Context) -> Result<ExitCode> {
    let Some(name) = &arguments.environment else { return all(arguments, context).await };
    let subject = Subject::load(name, context)?;
    let options = subject.options(&arguments.selection)?;
    let survey = subject.open(Access::Read, context).await?;
    let plan = survey.plan(&options).await?;
    let view = &context.view;
    view.data(&rendered(&plan, arguments, context)?)?;
    view.foot(survey.session.calls.count(), survey.session.calls.waves(), survey.elapsed());
    file::save(&plan, &arguments.out.clone().unwrap_or_else(|| context.saved_plan()))?;
    if !plan.is_empty() {
        view.say(&saved(&plan, arguments.out.as_deref()));
    }
    Ok(exit_code(&plan, arguments.detailed_exitcode))
}

/// Nothing keeps a plan of several environments: `apply --all` plans anew.
async fn all(arguments: &arguments::Plan, context: &Context) -> Result<ExitCode> {
    let all = All::open(Access::Read, &arguments.selection, context).await?;
    let plan = all.plan(arguments.selection.my_ip).await?;
    let view = &context.view;
    view.data(&rendered(&plan, arguments, context)?)?;
    let (home, _) = all.split()?;
    view.foot(all.calls(), home.session.calls.waves(), home.elapsed());
    if !plan.is_empty() {
        view.say(&format!("Carry out {}: cn-infra apply --all\n", view::count(plan.steps.len(), "step")));
    }
    Ok(exit_code(&plan, arguments.detailed_exitcode))
}

fn rendered(plan: &Plan, arguments: &arguments::Plan, context: &Context) -> Result<String> {
    if arguments.json {
        view::json::document(plan)
    } else if arguments.markdown {
        Ok(view::markdown::plan(plan))
    } else {
        Ok(view::plan::plan(plan, context.view.stdout_style()))
    }
}

fn saved(plan: &Plan, out: Option<&Path>) -> String {
    let steps = view::count(plan.steps.len(), "step");
    match out {
        Some(path) => format!("Carry out {steps}: cn-infra apply {}\n", path.display()),
        None => format!("Carry out {steps}: cn-infra apply\n"),
    }
}

/// Blocked wins; pending is said only where it is asked for.
fn exit_code(plan: &Plan, detailed: bool) -> ExitCode {
    if !plan.blocked.is_empty() {
        ExitCode::Blocked
    } else if detailed && !plan.is_empty() {
        ExitCode::Pending
    } else {
        ExitCode::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use cn_infra_core::plan::Action;

    #[test]
    fn blocked_wins_and_pending_is_asked_for() {
        let empty = sample::plan(Vec::new());
        let pending = sample::plan(vec![sample::step("instance.web", Action::Create)]);
        let blocked = Plan { blocked: vec![sample::blocked()], ..pending.clone() };
        let codes = |detailed| [&empty, &pending, &blocked].map(|plan| exit_code(plan, detailed));
        assert_eq!(codes(false), [ExitCode::Done, ExitCode::Done, ExitCode::Blocked]);
        assert_eq!(codes(true), [ExitCode::Done, ExitCode::Pending, ExitCode::Blocked]);
    }
}
