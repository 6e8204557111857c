//! Attributes that DescribeInstances leaves out: one call each, for declared instances that manage them.

use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput;
use aws_sdk_ec2::types::{AttributeBooleanValue, InstanceAttributeName};
use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{ErrorClass, ManageError, Obstacle, Scope, Wanted};
use cn_infra_core::owner::Owner;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::error::failed;
use crate::instance::{Instance, Instances, ShutdownBehavior, UserData};

/// How many calls are under way at once: within the bucket of 100 that EC2 has for them.
const AT_ONCE: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    TerminationProtection,
    ShutdownBehavior,
    UserData,
}

impl Attribute {
    const ALL: [Self; 3] = [Self::TerminationProtection, Self::ShutdownBehavior, Self::UserData];

    fn is_managed_by(self, resource: &Instance) -> bool {
        match self {
            Self::TerminationProtection => resource.termination_protection.is_some(),
            Self::ShutdownBehavior => resource.shutdown_behavior.is_some(),
            Self::UserData => resource.user_data.is_some(),
        }
    }

    fn name(self) -> InstanceAttributeName {
        match self {
            Self::TerminationProtection => InstanceAttributeName::DisableApiTermination,
            Self::ShutdownBehavior => InstanceAttributeName::InstanceInitiatedShutdownBehavior,
            Self::UserData => InstanceAttributeName::UserData,
        }
    }

    fn put(self, answer: &DescribeInstanceAttributeOutput, live: &mut Instance) {
        match self {
            Self::TerminationProtection => {
                let protection = answer.disable_api_termination().and_then(AttributeBooleanValue::value);
                live.termination_protection = Some(protection.unwrap_or_default());
            }
            Self::ShutdownBehavior => {
                let behavior = answer.instance_initiated_shutdown_behavior().and_then(|attribute| attribute.value());
                live.shutdown_behavior = behavior.and_then(ShutdownBehavior::of);
            }
            Self::UserData => {
                live.user_data = Some(UserData::of(answer.user_data().and_then(|attribute| attribute.value())));
            }
        }
    }
}

impl Instances {
    pub(super) async fn add_attributes<A: Iterator<Item = Attribute>>(
        &self,
        observed: &mut [Observed<Instance>],
        of: impl Fn(&Observed<Instance>) -> A,
    ) -> Result<(), ManageError> {
        let wanted: Vec<_> = observed
            .iter()
            .enumerate()
            .flat_map(|(index, object)| of(object).map(move |attribute| (index, attribute)))
            .map(|(index, attribute)| (index, attribute, observed[index].id.0.clone()))
            .collect();
        let answers: Vec<_> = stream::iter(wanted)
            .map(|(index, attribute, id)| async move {
                let answer = self.attribute(&id, attribute).await?;
                Ok::<_, ManageError>(answer.map(|answer| (index, attribute, answer)))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (index, attribute, answer) in answers.into_iter().flatten() {
            attribute.put(&answer, &mut observed[index].live);
        }
        Ok(())
    }

    /// Those that AWS refuses to terminate: one call each.
    pub(in crate::instance) async fn protected(
        &self,
        doomed: &[Observed<Instance>],
    ) -> Result<Vec<(PhysicalId, Obstacle)>, ManageError> {
        let ids: Vec<_> = doomed.iter().map(|object| object.id.clone()).collect();
        let calls = stream::iter(ids).map(|id| async move {
            let answer = self.attribute(&id.0, Attribute::TerminationProtection).await?;
            let mut live = Instance::default();
            if let Some(answer) = answer {
                Attribute::TerminationProtection.put(&answer, &mut live);
            }
            Ok::<_, ManageError>((live.termination_protection == Some(true)).then(|| (id, protection())))
        });
        let found: Vec<_> = calls.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One attribute; none if the instance went away meanwhile.
    async fn attribute(
        &self,
        id: &str,
        attribute: Attribute,
    ) -> Result<Option<DescribeInstanceAttributeOutput>, ManageError> {
        let call = self.ec2.describe_instance_attribute().instance_id(id).attribute(attribute.name());
        match call.send().await.map_err(|error| failed("DescribeInstanceAttribute", error)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.class == ErrorClass::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn protection() -> Obstacle {
    Obstacle {
        code: None,
        why: "it is protected from termination".to_owned(),
        hint: "declare it again with `termination_protection = false`, apply, then prune".to_owned(),
    }
}

/// What is to be read of an object: what the declared resources manage that it may belong to. Of one that is waited for
/// only the readiness matters.
pub(super) fn managed<'a>(
    scope: &Scope<'a, Instance>,
    object: &Observed<Instance>,
) -> impl Iterator<Item = Attribute> + use<'a> {
    let declared = scope.declared;
    let matters = match object.readiness {
        Readiness::Pending(_) => scope.only.is_none(),
        _ => object.readiness.is_present(),
    };
    let owner = Owner::of(&object.tags);
    let is_candidate = |wanted: &&'a Wanted<Instance>| {
        let adopted = wanted.adopt.as_ref() == Some(&object.id);
        let named = object.name.as_deref() == Some(wanted.name.as_str());
        matters && (adopted || named || may_be(wanted, owner.as_ref(), declared))
    };
    let candidates: Vec<_> = declared.iter().filter(is_candidate).collect();
    Attribute::ALL
        .into_iter()
        .filter(move |attribute| candidates.iter().any(|of| attribute.is_managed_by(&of.resource)))
}

/// What a file can say of any instance that is there.
pub(super) fn shown(object: &Observed<Instance>) -> impl Iterator<Item = Attribute> + use<> {
    let is_present = object.readiness.is_present();
    [Attribute::TerminationProtection, Attribute::ShutdownBehavior].into_iter().filter(move |_| is_present)
}

/// Whether an object's tags let it be a declared resource's: its own, or one of the environment that the file no longer
/// names, which may have been renamed.
fn may_be(wanted: &Wanted<Instance>, owner: Option<&Owner>, declared: &[Wanted<Instance>]) -> bool {
    owner.is_some_and(|owner| {
        let same_environment = owner.project == wanted.owner.project && owner.environment == wanted.owner.environment;
        *owner == wanted.owner || same_environment && !declared.iter().any(|other| other.owner == *owner)
    })
}
