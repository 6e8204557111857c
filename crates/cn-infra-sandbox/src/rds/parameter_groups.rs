//! Parameter groups: values for an engine's parameters, and when databases take them over.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::database::Database;
use super::engines::{Engine, Version};
use super::filter::Filters;
use super::paging::page;
use super::parameters::{self, Parameter};
use super::tags;
use super::{Rds, names};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The operations on parameter groups.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "CreateDBParameterGroup",
        &["DBParameterGroupName", "DBParameterGroupFamily", "Description"],
        create,
    ),
    Operation::new("ModifyDBParameterGroup", &["DBParameterGroupName", "Parameters"], modify),
    Operation::new("ResetDBParameterGroup", &["DBParameterGroupName"], reset),
    Operation::new("DeleteDBParameterGroup", &["DBParameterGroupName"], delete),
    Operation::new("DescribeDBParameterGroups", &[], describe),
    Operation::new("DescribeDBParameters", &["DBParameterGroupName"], describe_parameters),
];

/// So many parameters can be changed in one call.
const MAX_PARAMETERS: usize = 20;

/// A row of the parameter groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ParameterGroup {
    /// In lower case.
    pub name: String,
    /// For which major version of an engine: `postgres16`.
    pub family: String,
    description: String,
    /// The values that were set, by parameter.
    values: BTreeMap<String, Value>,
    /// Its tags.
    pub tags: Tags,
}

/// A value that was set.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Value {
    value: String,
    /// `immediate` or `pending-reboot`.
    method: String,
}

/// The group that databases of a family have unless told otherwise. It is there from its first use on.
pub fn default_of(rds: &mut Rds, family: &str) -> ParameterGroup {
    let name = format!("default.{family}");
    let row = || ParameterGroup {
        name: name.clone(),
        family: family.to_owned(),
        description: format!("Default parameter group for {family}"),
        values: BTreeMap::new(),
        tags: Tags::new(),
    };
    if let Some(group) = rds.parameter_groups.get(&name) {
        return group.clone();
    }
    let group = row();
    rds.parameter_groups.insert(name, group.clone());
    group
}

/// The group that a database of a version shall have: the one asked for, or the default one.
///
/// # Errors
/// `DBParameterGroupNotFound`, or `InvalidParameterCombination` for a group of another family.
pub fn wanted(rds: &mut Rds, asked: Option<&str>, version: Version) -> Result<ParameterGroup, AwsError> {
    let family = version.family();
    let default = default_of(rds, &family);
    let Some(asked) = asked else { return Ok(default) };
    let group = rds.find_parameter_group(asked)?;
    if group.family != family {
        let message = format!(
            "The Parameter Group {} with DBParameterGroupFamily {} can't be used for this instance. Please use a \
             Parameter Group with DBParameterGroupFamily {family}.",
            group.name, group.family
        );
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    Ok(group)
}

/// How an unknown parameter group is told.
pub fn not_found(name: &str) -> AwsError {
    AwsError::new("DBParameterGroupNotFound", format!("DBParameterGroup not found: {name}")).status(404)
}

impl Rds {
    /// The parameter group of a name, in whatever case.
    fn find_parameter_group(&mut self, name: &str) -> Result<ParameterGroup, AwsError> {
        let name = name.to_ascii_lowercase();
        let known = |family: &str| Engine::families().any(|known| known == family);
        match name.strip_prefix("default.") {
            Some(family) if known(family) => Ok(default_of(self, family)),
            _ => self.parameter_groups.get(&name).cloned().ok_or_else(|| not_found(&name)),
        }
    }

    /// The values that a database's group has now.
    pub fn parameters(&self, group: &str) -> BTreeMap<String, String> {
        let values = self.parameter_groups.get(group).into_iter().flat_map(|group| &group.values);
        values.map(|(name, set)| (name.clone(), set.value.clone())).collect()
    }

    /// `in-sync`, or `pending-reboot` where a database does not run with the values of its group.
    pub fn parameter_apply_status(&self, database: &Database) -> &'static str {
        let in_sync = self.parameters(&database.parameter_group) == database.parameters;
        if in_sync { "in-sync" } else { "pending-reboot" }
    }

    /// Lets the databases of a group run with its value of a parameter.
    fn apply_parameter(&mut self, group: &str, parameter: &str) {
        let value = self.parameters(group).remove(parameter);
        for key in self.databases.keys_where(|database| database.parameter_group == group) {
            let Some(database) = self.databases.get_mut(&key) else { continue };
            match &value {
                Some(value) => database.parameters.insert(parameter.to_owned(), value.clone()),
                None => database.parameters.remove(parameter),
            };
        }
    }
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = names::identifier("DBParameterGroupName", params.require("DBParameterGroupName")?, 255)?;
    let family = params.require("DBParameterGroupFamily")?;
    if !Engine::families().any(|known| known == family) {
        let message = format!("ParameterGroupFamily {family} is not a valid parameter group family");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    if context.rds.parameter_groups.contains(&name) {
        let message = format!("Parameter group {name} already exists");
        return Err(AwsError::new("DBParameterGroupAlreadyExists", message));
    }
    let own = context.rds.parameter_groups.values().filter(|group| !group.name.starts_with("default.")).count();
    if own as u64 >= context.settings.quota("database-parameter-groups") {
        return Err(AwsError::new("DBParameterGroupQuotaExceeded", "You cannot create more DB parameter groups."));
    }
    let description = params.require("Description")?.to_owned();
    let family = family.to_owned();
    let group = ParameterGroup { name, family, description, values: BTreeMap::new(), tags: tags::read(params)? };
    let mut xml = Xml::new();
    xml.element("DBParameterGroup", |xml| write(xml, context, &group));
    context.rds.parameter_groups.insert(group.name.clone(), group);
    Ok(xml)
}

/// A group that can be changed: one of the user's own.
fn own(context: &mut Context<'_>, params: &Params<'_>) -> Result<ParameterGroup, AwsError> {
    let name = params.require("DBParameterGroupName")?;
    if name.to_ascii_lowercase().starts_with("default.") {
        let message = format!("Default DBParameterGroup cannot be modified or deleted: {name}");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    context.rds.find_parameter_group(name)
}

/// One parameter of a call: which, its value if one is given, and how it is applied.
struct Asked<'a> {
    parameter: &'static Parameter,
    value: Option<&'a str>,
    method: &'a str,
}

fn asked<'a>(group: &ParameterGroup, params: &Params<'a>) -> Result<Vec<Asked<'a>>, AwsError> {
    params.get("Parameters");
    let all = params.structures("Parameters.Parameter");
    if all.len() > MAX_PARAMETERS {
        let message = format!("At most {MAX_PARAMETERS} parameters can be changed in one request.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let one = |it: &Params<'a>| {
        let parameter = Parameter::named(&group.family, it.require("ParameterName")?)?;
        let method = it.get("ApplyMethod").unwrap_or("pending-reboot");
        match method {
            "immediate" if !parameter.is_dynamic() => {
                let message = "cannot use immediate apply method for static parameter";
                Err(AwsError::new("InvalidParameterCombination", message))
            }
            "immediate" | "pending-reboot" => Ok(Asked { parameter, value: it.get("ParameterValue"), method }),
            _ => Err(AwsError::new("InvalidParameterValue", format!("Invalid apply method: {method}"))),
        }
    };
    all.iter().map(one).collect()
}

fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut group = own(context, params)?;
    let asked = asked(&group, params)?;
    for Asked { parameter, value, method } in &asked {
        let missing = || AwsError::new("InvalidParameterValue", format!("No value is given for {}", parameter.name));
        let value = value.ok_or_else(missing)?;
        parameter.check(value)?;
        let set = Value { value: value.to_owned(), method: (*method).to_owned() };
        group.values.insert(parameter.name.to_owned(), set);
    }
    Ok(save(context, group, &asked))
}

fn reset(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut group = own(context, params)?;
    let mut asked = asked(&group, params)?;
    if params.flag("ResetAllParameters")? == Some(true) {
        let all = parameters::of_family(&group.family).iter();
        asked = all.map(|parameter| Asked { parameter, value: None, method: "immediate" }).collect();
    }
    if asked.is_empty() {
        let message = "Either ResetAllParameters or parameters must be given.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    for Asked { parameter, .. } in &asked {
        group.values.remove(parameter.name);
    }
    Ok(save(context, group, &asked))
}

/// Stores the group, and lets its databases have at once what is dynamic and asked for at once.
fn save(context: &mut Context<'_>, group: ParameterGroup, asked: &[Asked<'_>]) -> Xml {
    let name = group.name.clone();
    context.rds.parameter_groups.insert(name.clone(), group);
    for Asked { parameter, method, .. } in asked {
        if *method == "immediate" && parameter.is_dynamic() {
            context.rds.apply_parameter(&name, parameter.name);
        }
    }
    let mut xml = Xml::new();
    xml.text("DBParameterGroupName", name);
    xml
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let group = own(context, params)?;
    if context.rds.databases.values().any(|database| database.parameter_group == group.name) {
        let message = "One or more database instances are still members of this parameter group, so the group cannot \
                       be deleted";
        return Err(AwsError::new("InvalidDBParameterGroupState", message));
    }
    context.rds.parameter_groups.remove(&group.name);
    Ok(Xml::new())
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let groups = match params.get("DBParameterGroupName") {
        Some(name) => vec![context.rds.find_parameter_group(name)?],
        None => context.rds.parameter_groups.values().cloned().collect(),
    };
    let (groups, marker) = page(params)?.cut(groups, |group| &group.name);
    let mut xml = Xml::new();
    xml.list("DBParameterGroups", "DBParameterGroup", &groups, |xml, group| write(xml, context, group));
    xml.some("Marker", marker);
    Ok(xml)
}

fn write(xml: &mut Xml, context: &Context<'_>, group: &ParameterGroup) {
    let ParameterGroup { name, family, description, values: _, tags: _ } = group;
    xml.text("DBParameterGroupName", name).text("DBParameterGroupFamily", family).text("Description", description);
    xml.text("DBParameterGroupArn", names::arn(context.region, context.account, "pg", name));
}

fn describe_parameters(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let group = context.rds.find_parameter_group(params.require("DBParameterGroupName")?)?;
    let wanted = params.get("Source");
    let source = |parameter: &Parameter| match (group.values.get(parameter.name), parameter.default) {
        (Some(_), _) => "user",
        (None, Some(_)) => "system",
        (None, None) => "engine-default",
    };
    let all = parameters::of_family(&group.family).iter();
    let found = all.filter(|parameter| wanted.is_none_or(|wanted| wanted == source(parameter))).collect();
    let (found, marker) = page(params)?.cut(found, |parameter| parameter.name);
    let mut xml = Xml::new();
    xml.list("Parameters", "Parameter", found, |xml, parameter| {
        let Parameter { name, default, apply, kind, allowed } = parameter;
        let set = group.values.get(*name);
        xml.text("ParameterName", name).some("ParameterValue", set.map(|set| set.value.as_str()).or(*default));
        xml.text("Source", source(parameter)).text("ApplyType", apply).text("DataType", kind);
        xml.some("AllowedValues", (!allowed.is_empty()).then_some(allowed)).text("IsModifiable", true);
        xml.text("ApplyMethod", set.map_or("pending-reboot", |set| set.method.as_str()));
    });
    xml.some("Marker", marker);
    Ok(xml)
}
