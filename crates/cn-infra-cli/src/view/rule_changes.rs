//! Changes of rules, grouped: rules that change alike are one row, rules that come or go are one line each.

use cn_infra_core::environment::Networks;
use cn_infra_core::plan::Difference;
use serde_json::{Map, Value};

use super::difference::{Names, Row, change_of_sources, row};
use super::line_diff::Sign;
use super::{difference::What, rules};

/// The fields of a rule; a rule's key may hold dots, so the end of a path is told by them.
const FIELDS: [&str; 8] = ["protocol", "port", "ports", "icmp", "from", "to", "until", "description"];

/// What the names of live rules begin with that no name of the file stands for.
const UNNAMED: &str = "(unnamed)";

/// The path of a rule, or of one field of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulePath<'a> {
    direction: &'a str,
    name: &'a str,
    field: Option<&'a str>,
}

impl<'a> RulePath<'a> {
    /// The parts of a path below `ingress` or `egress`.
    pub fn of(path: &'a str) -> Option<Self> {
        let (direction, rest) = path.split_once('.')?;
        if !["ingress", "egress"].contains(&direction) {
            return None;
        }
        Some(match rest.rsplit_once('.') {
            Some((name, field)) if FIELDS.contains(&field) => Self { direction, name, field: Some(field) },
            _ => Self { direction, name: rest, field: None },
        })
    }

    /// The path of the whole rule.
    fn whole(self) -> String {
        format!("{}.{}", self.direction, self.name)
    }

    /// `ssh`, `egress all`.
    fn label(self) -> String {
        if self.direction == "ingress" { self.name.to_owned() } else { format!("{} {}", self.direction, self.name) }
    }
}

/// All differences of one rule.
struct RuleChange<'a> {
    path: RulePath<'a>,
    differences: Vec<&'a Difference>,
}

/// The rows of rules that differ: first those that change, then those that come, then those that go.
pub fn rows(differences: &[&Difference], names: Names<'_>) -> Vec<Row> {
    let (mut changed, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for rule in by_rule(differences) {
        if let Some(fields) = rule.whole(|difference| (difference.after.as_ref(), difference.before.as_ref())) {
            added.push(entry(Sign::Added, rule.path, &fields, &names.within(&rule.path.whole())));
        } else if let Some(fields) = rule.whole(|difference| (difference.before.as_ref(), difference.after.as_ref())) {
            removed.push(entry(Sign::Removed, rule.path, &fields, names.networks));
        } else {
            changed.extend(rule.differences);
        }
    }
    let mut rows = alike(&changed, names);
    rows.extend(added);
    rows.extend(removed);
    rows
}

fn by_rule<'a>(differences: &[&'a Difference]) -> Vec<RuleChange<'a>> {
    let mut found: Vec<RuleChange<'a>> = Vec::new();
    for difference in differences {
        let Some(path) = RulePath::of(&difference.path) else { continue };
        let same = |rule: &&mut RuleChange<'_>| (rule.path.direction, rule.path.name) == (path.direction, path.name);
        match found.iter_mut().find(same) {
            Some(rule) => rule.differences.push(difference),
            None => found.push(RuleChange { path, differences: vec![difference] }),
        }
    }
    found
}

impl RuleChange<'_> {
    /// The rule's fields, if the whole rule is on one side and nothing of it on the other.
    fn whole<'b>(
        &'b self,
        sides: impl Fn(&'b Difference) -> (Option<&'b Value>, Option<&'b Value>),
    ) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        for difference in &self.differences {
            match (RulePath::of(&difference.path)?.field, sides(difference)) {
                (None, (Some(Value::Object(rule)), None)) => fields.extend(rule.clone()),
                (Some(field), (Some(value), None)) => {
                    fields.insert(field.to_owned(), value.clone());
                }
                _ => return None,
            }
        }
        rules::is_rule(&fields).then_some(fields)
    }
}

/// `+ ssh: tcp 22 from developers`. A rule that no name of the file stands for has what it lets through as its name.
fn entry(sign: Sign, path: RulePath<'_>, fields: &Map<String, Value>, networks: &Networks) -> Row {
    let label = path.label();
    let rule = rules::rule(fields, networks);
    let text = match label.split_once(UNNAMED) {
        Some((direction, _)) => format!("{direction}{UNNAMED} {rule}"),
        None => format!("{label}: {rule}"),
    };
    row(&text, What::Entry(sign))
}

/// One row for all rules whose same field changes in the same way.
fn alike(differences: &[&Difference], names: Names<'_>) -> Vec<Row> {
    let mut groups: Vec<(Vec<String>, Option<&str>, &Difference)> = Vec::new();
    for difference in differences {
        let Some(path) = RulePath::of(&difference.path) else { continue };
        let same = |(_, field, first): &&mut (Vec<String>, Option<&str>, &Difference)| {
            *field == path.field
                && (&first.before, &first.after) == (&difference.before, &difference.after)
                && names.written.get(&first.path) == names.written.get(&difference.path)
        };
        match groups.iter_mut().find(same) {
            Some((labels, ..)) => labels.push(path.label()),
            None => groups.push((vec![path.label()], path.field, difference)),
        }
    }
    let label = |labels: &[String], field: Option<&str>| match field {
        Some(field) => format!("{}   {field}", labels.join(", ")),
        None => labels.join(", "),
    };
    groups.iter().map(|(labels, field, first)| row(&label(labels, *field), change_of_sources(first, names))).collect()
}
