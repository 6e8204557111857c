//! What holds for every environment and every account.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::World;
use crate::address::{Address, PhysicalId, Reference, StepId};
use crate::document::Document;
use crate::live::Object;
use crate::plan::{Action, Plan, Step};
use crate::testing::kinds::kinds;
use crate::testing::samples::{self, address};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Some of the fields, each with a value of its own choice.
fn some(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let choices: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| value.map(|value| (name.to_owned(), value))))
        .collect();
    choices.prop_map(|chosen| Value::Object(chosen.into_iter().flatten().collect())).boxed()
}

fn one_of(values: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(values).prop_map(Value::from).boxed()
}

fn list(values: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::subsequence(values, 0..=values.len()).prop_map(Value::from).boxed()
}

fn group() -> BoxedStrategy<Value> {
    let rule = (1_u16..4, list(&["10.0.0.0/8", "192.0.2.0/24", "group.a", "group.b"]))
        .prop_map(|(port, from)| json!({ "port": port, "from": from }));
    let rules = prop::collection::btree_map("[x-z]", rule, 0..3).prop_map(|rules| json!(rules));
    some(vec![("description", one_of(&["web", "db"])), ("ingress", rules.boxed())])
}

fn host() -> BoxedStrategy<Value> {
    let disk =
        some(vec![("size_gib", (1_u32..4).prop_map(Value::from).boxed()), ("kind", one_of(&["ssd", "magnetic"]))]);
    some(vec![
        ("size", one_of(&["small", "large"])),
        ("zone", one_of(&["a", "b"])),
        ("image", one_of(&["x", "y"])),
        ("groups", list(&["group.a", "group.b"])),
        ("disk", disk),
        ("state", one_of(&["running", "stopped"])),
        ("drain", any::<bool>().prop_map(Value::from).boxed()),
    ])
}

fn link() -> BoxedStrategy<Value> {
    some(vec![("host", one_of(&["none", "host.a", "host.b", "host.c"]))])
}

/// What may be said of every resource that there can be: declared, and live.
fn resources(likely: f64) -> BoxedStrategy<Vec<(String, Option<Value>)>> {
    let of_kind = move |kind: &'static str, fields: fn() -> BoxedStrategy<Value>| {
        NAMES.map(|name| {
            prop::option::weighted(likely, fields()).prop_map(move |fields| (format!("{kind}.{name}"), fields)).boxed()
        })
    };
    let all: Vec<_> =
        of_kind("group", group).into_iter().chain(of_kind("host", host)).chain(of_kind("link", link)).collect();
    all.boxed()
}

prop_compose! {
    fn worlds()(declared in resources(0.8), live in resources(0.5)) -> World {
        let mut world = World::new();
        for (at, fields) in declared {
            // What refers to the undeclared is refused when the file is read.
            world.declare(&at, fields.unwrap_or_else(|| json!({})));
        }
        for (at, fields) in live {
            if let Some(fields) = fields {
                let live = with_ids(&at, samples::document(fields));
                world.owned(&at, &id(&at), Value::Object(live.0));
            }
        }
        world
    }
}

/// The id that the object of a resource has in these tests.
fn id(at: &str) -> String {
    at.replace('.', "-")
}

/// A document with ids instead of addresses, without instructions: as a manager would read it.
fn with_ids(at: &str, mut document: Document) -> Document {
    let kinds = kinds();
    let kind = kinds.get(&address(at).kind).expect("a known kind");
    document.0.retain(|field, _| field != "drain");
    (kind.references)(&mut document, &mut |_, reference| {
        if let Reference::Resource(address) = reference {
            *reference = Reference::Foreign(PhysicalId(id(&address.to_string())));
        }
    })
    .expect("a valid document");
    document
}

/// Carries a plan out in memory: what a step says becomes live.
fn apply(world: &mut World, plan: &Plan) {
    for step in &plan.steps {
        let at = step.id.address.to_string();
        match step.action {
            Action::Create if step.id.part.is_none() => {
                let mut object: Object = samples::object(&id(&at), &step.name, json!({}));
                object.tags = step.tags.set.clone();
                world.objects.push(object);
            }
            Action::Delete => panic!("nothing is pruned here"),
            Action::Create | Action::Update => {}
        }
        let object = world.objects.iter_mut().find(|object| object.id.0 == id(&at)).expect("created before");
        write(object, step);
    }
}

fn write(object: &mut Object, step: &Step) {
    let after = with_ids(&step.id.address.to_string(), step.after.clone().expect("nothing is deleted"));
    merge(&mut object.live.0, after.0);
    if step.action == Action::Update {
        object.tags.extend(step.tags.set.clone());
        object.tags.retain(|key, _| !step.tags.remove.contains(key));
    }
    object.name = step.rename.clone().or(object.name.take());
}

/// Tables of fixed fields are merged, all else is replaced.
fn merge(live: &mut Map<String, Value>, after: Map<String, Value>) {
    for (field, value) in after {
        match (live.get_mut(&field), value) {
            (Some(Value::Object(live)), Value::Object(after)) if field == "disk" => merge(live, after),
            (_, value) => {
                live.insert(field, value);
            }
        }
    }
}

/// Whether the file sets the field at a path, or a table of the user's keys around it.
fn is_set(desired: &Document, path: &str) -> bool {
    path == "name" || desired.get(path).is_some() || path.starts_with("ingress.") && desired.get("ingress").is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planning_is_deterministic(world in worlds()) {
        let mut reversed = world.clone();
        reversed.objects.reverse();
        prop_assert_eq!(world.plan(), world.plan());
        prop_assert_eq!(world.plan(), reversed.plan());
        reversed.objects.clear();
        prop_assert_eq!(reversed.plan(), reversed.plan());
    }

    #[test]
    fn every_step_comes_after_what_it_needs(world in worlds()) {
        let mut done: HashSet<StepId> = HashSet::new();
        for step in world.plan().steps {
            prop_assert!(step.needs.iter().all(|need| done.contains(need)), "{}", step.id);
            prop_assert!(done.insert(step.id));
        }
    }

    #[test]
    fn an_unset_field_is_never_mentioned(world in worlds()) {
        let plan = world.plan();
        let desired = |address: &Address| &world.environment.resources[address].document;
        let differences = plan.steps.iter().flat_map(|step| step.differences.iter().map(|one| (&step.id.address, one)));
        let held = plan.blocked.iter().flat_map(|held| held.differences.iter().map(|one| (&held.id.address, one)));
        for (address, difference) in differences.chain(held) {
            prop_assert!(is_set(desired(address), &difference.path), "{address} {}", difference.path);
        }
        for step in &plan.steps {
            for field in step.before.iter().chain(&step.after).flat_map(|document| document.0.keys()) {
                prop_assert!(is_set(desired(&step.id.address), field), "{} {field}", step.id);
            }
        }
    }

    #[test]
    fn nothing_is_done_where_live_is_as_desired(declared in resources(0.8)) {
        let mut world = World::new();
        for (at, fields) in declared {
            let fields = fields.unwrap_or_else(|| json!({}));
            world.owned(&at, &id(&at), Value::Object(with_ids(&at, samples::document(fields.clone())).0));
            world.declare(&at, fields);
        }
        prop_assert_eq!(world.show(), "");
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_an_empty_one(mut world in worlds()) {
        let plan = world.plan();
        apply(&mut world, &plan);
        let again = world.plan();
        prop_assert!(again.is_empty(), "{}", super::show(&again));
        let blocked = |plan: &Plan| plan.blocked.iter().map(|held| held.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(blocked(&plan), blocked(&again));
    }

    #[test]
    fn only_and_its_rest_are_the_whole(world in worlds(), at in 0_usize..9) {
        let mut limited = world.clone();
        let named = world.environment.resources.keys().nth(at).expect("nine are declared").clone();
        limited.options.only = vec![named];
        let (all, some) = (world.plan(), limited.plan());
        let mut together: Vec<_> = some.steps.iter().map(|step| step.id.clone()).chain(some.left_out).collect();
        let mut ids: Vec<_> = all.steps.iter().map(|step| step.id.clone()).collect();
        together.sort();
        ids.sort();
        prop_assert_eq!(together, ids);
        let kept: HashSet<_> = some.steps.iter().map(|step| &step.id).collect();
        prop_assert!(some.steps.iter().all(|step| step.needs.iter().all(|need| kept.contains(need))));
    }
}
