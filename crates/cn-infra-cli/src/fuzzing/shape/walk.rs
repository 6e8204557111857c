//! A walk through the schema that chooses a value of each.

use cn_infra_core::kinds::Kind;
use serde_json::Value as Schema;
use toml::{Table, Value};

use super::choices::Choices;
use super::samples::{self, ODD};
use crate::fuzzing::environment::KINDS;

/// Tables within tables end here.
const DEPTH: usize = 12;

/// The schema of environment files, and what chooses.
pub struct Walk<'s, 'c, 'i> {
    pub schema: &'s Schema,
    pub choices: &'c mut Choices<'i>,
}

impl<'s> Walk<'s, '_, '_> {
    /// A whole file.
    pub fn environment(&mut self) -> Value {
        self.value(self.schema, "", DEPTH)
    }

    /// The table of one resource; `None`: there is no such kind.
    pub fn resource(&mut self, kind: &str) -> Option<Value> {
        let schema = self.schema.get("properties")?.get(kind)?.get("additionalProperties")?;
        Some(self.value(schema, kind, DEPTH - 2))
    }

    fn value(&mut self, schema: &'s Schema, field: &str, depth: usize) -> Value {
        if depth == 0 || depth < DEPTH && self.choices.pick(64) == 63 {
            return self.odd();
        }
        if let Some(reference) = schema.get("$ref").and_then(Schema::as_str) {
            let named = self.schema.pointer(reference.trim_start_matches('#')).expect("what the schema refers to");
            return self.value(named, field, depth);
        }
        let list = |name: &str| schema.get(name).and_then(Schema::as_array);
        if let Some(chosen) = list("anyOf").or(list("oneOf")).and_then(|all| self.choices.of(all)) {
            return self.value(chosen, field, depth - 1);
        }
        if let Some(chosen) = schema.get("const").or_else(|| self.choices.of(list("enum")?)) {
            return Value::try_from(chosen).expect("TOML has it");
        }
        match self.type_of(schema) {
            "object" => self.table(schema, field, depth),
            "array" => {
                let items = schema.get("items").unwrap_or(&Schema::Null);
                Value::Array((0..self.choices.pick(4)).map(|_| self.value(items, field, depth - 1)).collect())
            }
            "boolean" => (self.choices.pick(2) == 1).into(),
            "integer" | "number" => self.number(schema, field),
            _ => self.word(field),
        }
    }

    fn type_of(&mut self, schema: &'s Schema) -> &'s str {
        let types = schema.get("type");
        let one = types.and_then(|types| types.as_array().map_or(Some(types), |types| self.choices.of(types)));
        one.and_then(Schema::as_str).unwrap_or_default()
    }

    fn table(&mut self, schema: &'s Schema, field: &str, depth: usize) -> Value {
        let mut made = Table::new();
        let required = schema.get("required").and_then(Schema::as_array);
        let density = self.choices.pick(6);
        let kind = (depth == DEPTH - 2).then(|| KINDS.get(field)).flatten();
        for (name, below) in schema.get("properties").and_then(Schema::as_object).into_iter().flatten() {
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == name)) || is_needed(kind, name);
            let chosen = if is_required { self.choices.pick(24) != 23 } else { self.choices.pick(12) + density >= 12 };
            if chosen {
                made.insert(name.clone(), self.value(below, name, depth - 1));
            }
        }
        if let Some(below @ Schema::Object(_)) = schema.get("additionalProperties") {
            for _ in 0..self.choices.pick(5) {
                let name = self.name(field);
                made.insert(name, self.value(below, field, depth - 1));
            }
        }
        made.into()
    }

    /// The name of an entry: mostly one that others refer to.
    fn name(&mut self, table: &str) -> String {
        let names = samples::of(&format!("{table}."));
        let chosen = if self.choices.pick(8) == 7 { None } else { self.choices.of(names).and_then(Value::as_str) };
        chosen.map_or_else(|| ["web", "a", "b-2", "x y"][self.choices.pick(4)].to_owned(), str::to_owned)
    }

    fn number(&mut self, schema: &Schema, field: &str) -> Value {
        let numbers: Vec<_> = samples::of(field).iter().filter(|sample| sample.is_integer()).collect();
        let bound = |name| schema.get(name).and_then(Schema::as_i64).unwrap_or_default();
        match self.choices.pick(16) {
            13 => bound("minimum").into(),
            14 => bound("maximum").into(),
            15 => [0, 1, -1, 20, 65_535, i64::MAX, i64::MIN][self.choices.pick(7)].into(),
            _ => match self.choices.of(&numbers) {
                Some(sample) => (*sample).clone(),
                None => (if self.choices.pick(2) == 1 { 7 } else { 30 }).into(),
            },
        }
    }

    /// Mostly what somebody wrote for this field, now and then a word of another.
    fn word(&mut self, field: &str) -> Value {
        match self.choices.pick(32) {
            31 => self.odd(),
            30 => {
                let other = self.choices.of(&samples::fields()).map_or(&[][..], |field| samples::of(field));
                self.choices.of(other).cloned().unwrap_or_else(|| "".into())
            }
            // Names of objects are told apart.
            _ if field == "name" => format!("coralnet-{}", self.choices.pick(256)).into(),
            _ => self.choices.of(samples::of(field)).cloned().unwrap_or_else(|| "web".into()),
        }
    }

    /// What no field is made for.
    fn odd(&mut self) -> Value {
        match self.choices.pick(8) {
            0 => Table::from_iter([("a".to_owned(), Value::from(vec![1]))]).into(),
            1 => 1.5.into(),
            2 => Value::Array(Vec::new()),
            3 => "a".repeat(300 * self.choices.pick(4)).into(),
            _ => self.choices.of(&ODD).copied().unwrap_or_default().into(),
        }
    }
}

/// What the schema does not say, as `[defaults]` may give it.
fn is_needed(kind: Option<&Kind>, field: &str) -> bool {
    kind.is_some_and(|kind| kind.required.contains(&field) || field == "name" && kind.naming.required)
}
