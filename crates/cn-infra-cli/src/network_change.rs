//! A change of one network, and what it comes to in an environment: the groups that use it, and who reaches what.

use cn_infra_aws::reach::before_and_after;
use cn_infra_core::address::Address;
use cn_infra_core::environment::Environment;
use cn_infra_core::environment::edit::{Definition, Members};
use cn_infra_core::plan::{Plan, PlanOptions};

use crate::arguments::Own;
use crate::command::Context;
use crate::error::Result;
use crate::survey::Survey;
use crate::view;

/// The resources that are no longer what they were: those whose rules name the network, by whatever name.
pub fn touched(before: &Environment, after: &Environment) -> Vec<Address> {
    let is_same = |address: &Address| {
        let document = |environment: &Environment| environment.resources.get(address).map(|it| it.document.clone());
        document(before) == document(after)
    };
    after.resources.keys().filter(|address| !is_same(address)).cloned().collect()
}

/// Plans those alone, and says who reaches what before and after, each in the words of its file.
pub async fn plan(
    survey: &Survey,
    former: &Environment,
    touched: &[Address],
    own: &Own,
    context: &Context,
) -> Result<Plan> {
    let live = survey.observe().await?;
    let options = PlanOptions { only: touched.to_vec(), my_ip: own.my_ip, ..PlanOptions::default() };
    let plan = survey.plan_knowing(&live, &options).await?;
    let both = before_and_after(&survey.environment, &live, &survey.kinds, live.at);
    let (before, after) = both.map_err(anyhow::Error::new)?;
    let style = context.view.stdout_style();
    context.view.data(&view::reach::changed([former, &survey.environment], [&before, &after], style))?;
    Ok(plan)
}

/// The new members, written as the line was: a name stays a name, a list a list.
pub fn like<'a>(old: &Definition, members: &'a [String]) -> Members<'a> {
    match (old, members) {
        (Definition::Same(_), [only]) if only.parse::<ipnet::IpNet>().is_err() => Members::Same(only),
        _ => Members::List(members),
    }
}
