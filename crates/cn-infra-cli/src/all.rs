//! All environments of the directory as one: `plan --all`, `apply --all`.

use std::net::IpAddr;

use cn_infra_core::environment::{Diagnostics, Environment, check_together};
use cn_infra_core::kinds::Kinds;
use cn_infra_core::plan::{Plan, PlanOptions};

use crate::arguments::Selection;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::survey::{Access, Subject, Survey};

/// All environments, by name. The session of the first reads, and writes, for all.
pub struct All {
    /// The environments, each with a session.
    pub surveys: Vec<Survey>,
}

impl All {
    /// Loads all environments and opens a session for each. What two of them claim is said before anybody is called.
    pub async fn open(access: Access, selection: &Selection, context: &Context) -> Result<Self> {
        if selection.prune || !selection.only.is_empty() || !selection.create_anyway.is_empty() {
            let error = CommandError::usage("--all takes in all that the files declare, and prunes nothing");
            return Err(error.hint("give --prune, --only and --create-anyway together with one environment"));
        }
        let names = context.directory()?.names()?;
        let subjects = names.iter().map(|name| Subject::load(name, context)).collect::<Result<Vec<_>>>()?;
        let Some(first) = subjects.first() else {
            return Err(CommandError::new("the directory holds no environment"));
        };
        let environments: Vec<_> = subjects.iter().map(|subject| &subject.environment).collect();
        claim_nothing_twice(&environments, &first.kinds)?;
        let mut surveys = Vec::new();
        for subject in subjects {
            surveys.push(subject.open(access, context).await?);
        }
        Ok(Self { surveys })
    }

    /// The first, and the environments of the others.
    pub fn split(&self) -> Result<(&Survey, Vec<&Environment>)> {
        let (home, others) =
            self.surveys.split_first().ok_or_else(|| CommandError::new("the directory holds no environment"))?;
        Ok((home, others.iter().map(|other| &other.environment).collect()))
    }

    /// How many calls all of them made.
    pub fn calls(&self) -> usize {
        self.surveys.iter().map(|survey| survey.session.calls.count()).sum()
    }

    /// Reads once and plans all as one; every address says its environment.
    pub async fn plan(&self, my_ip: Option<IpAddr>) -> Result<Plan> {
        let (home, others) = self.split()?;
        let options = PlanOptions { my_ip, ..PlanOptions::default() };
        let (_, plan) = home.plan_together(&others, &options).await?;
        let names: Vec<_> = self.surveys.iter().map(|survey| survey.environment.name.as_str()).collect();
        Ok(plan.in_full(&names))
    }
}

/// No two environments claim one object.
pub fn claim_nothing_twice(environments: &[&Environment], kinds: &Kinds) -> Result<()> {
    let wrong: Vec<_> = check_together(environments, kinds).into_values().flat_map(|wrong| wrong.0).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Diagnostics(wrong).into()) }
}
