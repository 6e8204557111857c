//! Whatever the environment and whatever there is: after an apply there is nothing left to do.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::manager::ErrorClass;
use crate::owner;
use crate::testing::cloud::Trouble;
use crate::testing::kinds::{Group, Link};
use crate::testing::samples::{declare, environment};
use crate::value::OrNone;

const GROUPS: [&str; 3] = ["group.a", "group.b", "group.c"];
const HOSTS: [&str; 3] = ["host.a", "host.b", "host.c"];
const LINKS: [&str; 2] = ["link.a", "link.b"];

/// An environment as drawn; references to what it does not declare are left out.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    groups: BTreeMap<&'static str, DrawnGroup>,
    hosts: BTreeMap<&'static str, DrawnHost>,
    links: BTreeMap<&'static str, Option<&'static str>>,
    tags: BTreeSet<&'static str>,
}

#[derive(Clone, Debug)]
struct DrawnGroup {
    described: bool,
    rules: Option<BTreeMap<&'static str, (u16, BTreeSet<&'static str>)>>,
}

#[derive(Clone, Debug)]
struct DrawnHost {
    size: &'static str,
    running: Option<bool>,
    disk_gib: Option<u32>,
    groups: Option<BTreeSet<&'static str>>,
    note: Option<&'static str>,
}

fn any_of(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(names)
}

pub(super) fn drawn() -> impl Strategy<Value = Drawn> {
    let sources = btree_set(any_of(&["10.0.0.0/8", "192.0.2.0/24", "group.a", "group.b", "group.c"]), 0..4);
    let rules = option::of(btree_map(any_of(&["ssh", "web"]), (20_u16..23, sources), 0..3));
    let group = (any::<bool>(), rules).prop_map(|(described, rules)| DrawnGroup { described, rules });
    let host = (
        any_of(&["small", "large"]),
        option::of(any::<bool>()),
        option::of(8_u32..12),
        option::of(btree_set(any_of(&GROUPS), 0..3)),
        option::of(any_of(&["group.a", "link.a", "link.b"])),
    )
        .prop_map(|(size, running, disk_gib, groups, note)| DrawnHost { size, running, disk_gib, groups, note });
    (
        btree_map(any_of(&GROUPS), group, 0..=3),
        btree_map(any_of(&HOSTS), host, 0..=3),
        btree_map(any_of(&LINKS), option::of(any_of(&["none", "host.a", "host.b", "host.c"])), 0..=2),
        btree_set(any_of(&["team", "cost"]), 0..=2),
    )
        .prop_map(|(groups, hosts, links, tags)| Drawn { groups, hosts, links, tags })
}

impl Drawn {
    pub(super) fn environment(&self) -> Environment {
        let mut environment = environment();
        for (address, group) in &self.groups {
            declare(&mut environment, address, self.group(group));
        }
        for (address, host) in &self.hosts {
            declare(&mut environment, address, self.host(host));
        }
        for (address, host) in &self.links {
            let host = host.map(|host| if self.declares(host) { host } else { "none" });
            declare(&mut environment, address, set([("host", host.map(Value::from))]));
        }
        for declared in environment.resources.values_mut() {
            declared.tags.extend(self.tags.iter().map(|key| ((*key).to_owned(), "yes".to_owned())));
        }
        environment
    }

    /// What is pruned may not be named in a field that the file says nothing about: nobody would take it out there.
    pub(super) fn without_unmanaged_references(mut self) -> Self {
        for group in self.groups.values_mut() {
            group.rules.get_or_insert_default();
        }
        for host in self.hosts.values_mut() {
            host.groups.get_or_insert_default();
        }
        self
    }

    fn declares(&self, address: &str) -> bool {
        self.groups.contains_key(address) || self.hosts.contains_key(address) || self.links.contains_key(address)
    }

    fn group(&self, group: &DrawnGroup) -> Value {
        let known = |source: &&&str| !source.starts_with("group") || self.declares(source);
        let rule = |(name, (port, from)): (&&str, &(u16, BTreeSet<&str>))| {
            let from: Vec<_> = from.iter().filter(known).collect();
            ((*name).to_owned(), json!({ "port": port, "from": from }))
        };
        let rules = group.rules.as_ref().map(|rules| Value::Object(rules.iter().map(rule).collect()));
        set([("description", group.described.then(|| "described".into())), ("ingress", rules)])
    }

    fn host(&self, host: &DrawnHost) -> Value {
        let groups = host.groups.as_ref().map(|groups| groups.iter().filter(|group| self.declares(group)).collect());
        let note = host.note.filter(|other| self.declares(other)).map(|other| {
            let output = if other.starts_with("group") { "id" } else { "url" };
            json!({ "template": format!("see {{{{{other}.{output}}}}}") })
        });
        set([
            ("size", Some(host.size.into())),
            ("state", host.running.map(|running| if running { "running" } else { "stopped" }.into())),
            ("disk", host.disk_gib.map(|size| json!({ "size_gib": size }))),
            ("groups", groups.map(|groups: Vec<_>| json!(groups))),
            ("note", note),
        ])
    }
}

fn set<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>())
}

/// What somebody else does behind the tool's back.
#[derive(Clone, Copy, Debug)]
enum Drift {
    OpenPort,
    Resize,
    Unlink,
    DropTag(&'static str),
    Remove,
}

fn drifts() -> impl Strategy<Value = Vec<(usize, Drift)>> {
    let drift = prop_oneof![
        Just(Drift::OpenPort),
        Just(Drift::Resize),
        Just(Drift::Unlink),
        any_of(&[owner::PROJECT, owner::ENVIRONMENT, "team", owner::NAME, owner::TAGS]).prop_map(Drift::DropTag),
        Just(Drift::Remove),
    ];
    proptest::collection::vec((0_usize..8, drift), 0..4)
}

impl World {
    fn drift(&self, which: usize, drift: Drift) {
        let objects: Vec<_> = ["group", "host", "link"].into_iter().flat_map(|kind| self.cloud.objects(kind)).collect();
        let Some(Object { id, .. }) = objects.get(which) else { return };
        let is = |kind: &str| id.0.starts_with(kind);
        match drift {
            Drift::OpenPort if is("group") => self.cloud.edit(id, |group: &mut Group| {
                group.ingress.get_or_insert_default().insert("open".into(), crate::testing::kinds::Rule::default());
            }),
            Drift::Resize if is("host") => self.cloud.edit(id, |host: &mut Host| host.size = Some("medium".into())),
            Drift::Unlink if is("link") => self.cloud.edit(id, |link: &mut Link| link.host = Some(OrNone::None)),
            Drift::DropTag(key) => self.cloud.retag(id, |tags| _ = tags.remove(key)),
            Drift::Remove if is("link") => {
                self.cloud.remove(id);
                Ok(())
            }
            _ => Ok(()),
        }
        .unwrap();
    }
}

/// Calls that go wrong for reasons that pass.
fn troubles() -> impl Strategy<Value = Vec<(usize, Trouble)>> {
    let trouble = prop_oneof![
        Just(Trouble::Refusal(ErrorClass::Throttled)),
        Just(Trouble::Refusal(ErrorClass::Busy)),
        Just(Trouble::Refusal(ErrorClass::Unknown)),
        Just(Trouble::Loss(ErrorClass::Unknown)),
    ];
    proptest::collection::vec((1_usize..40, trouble), 0..3)
}

async fn check(
    before: &Drawn,
    drifts: &[(usize, Drift)],
    after: &Drawn,
    troubles: &[(usize, Trouble)],
    (prune, visible_after): (bool, u64),
) {
    let after = if prune { &after.clone().without_unmanaged_references() } else { after };
    let world = World::with(Timing { visible_after: seconds(visible_after), ..Timing::default() });
    let told = world.apply_plan(&world.plan(&before.environment(), true).await).await;
    assert!(told.report.is_success(), "{}", told.events);
    for (which, drift) in drifts {
        // An object that lost its tags is a stranger's, and may use what would be pruned.
        if !(prune && matches!(drift, Drift::DropTag(owner::PROJECT | owner::ENVIRONMENT))) {
            world.drift(*which, *drift);
        }
    }
    world.clock.advance(seconds(60));
    let environment = after.environment();
    // What is held back may still use what would be pruned.
    let prune = prune && world.plan(&environment, false).await.blocked.is_empty();
    let plan = world.plan(&environment, prune).await;
    for (nth, trouble) in troubles {
        world.cloud.fail("", *nth, *trouble);
    }
    let told = world.apply_plan(&plan).await;
    assert!(told.report.is_success(), "{}{:#?}\n{plan:#?}", told.events, world.cloud.calls());
    world.cloud.calm();
    world.clock.advance(seconds(60));
    let again = world.plan(&environment, prune).await;
    assert!(again.is_empty(), "{}\n{again:#?}", told.events);
    let held = |plan: &Plan| plan.blocked.iter().map(|blocked| blocked.id.clone()).collect::<Vec<_>>();
    assert_eq!(held(&again), held(&plan));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_apply_leaves_the_empty_plan(
        before in drawn(),
        drifts in drifts(),
        after in drawn(),
        troubles in troubles(),
        prune: bool,
        visible_after in 0_u64..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&before, &drifts, &after, &troubles, (prune, visible_after)));
    }
}
