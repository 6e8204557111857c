//! The filters of RDS: exact values, and each operation knows its own.

use std::borrow::Cow;

use crate::error::AwsError;
use crate::query::Params;

/// The filters of one call: an object must satisfy each, by any of its values.
#[derive(Debug)]
pub struct Filters {
    filters: Vec<(String, Vec<String>)>,
}

impl Filters {
    /// Reads `Filters.Filter.N.Name` and `Filters.Filter.N.Values.Value.M`.
    pub fn of(params: &Params<'_>) -> Result<Self, AwsError> {
        params.get("Filters"); // An empty list is sent as an empty text.
        let filter = |filter: Params<'_>| {
            let values = filter.list("Values.Value").into_iter().map(str::to_owned).collect();
            Ok((filter.require("Name")?.to_owned(), values))
        };
        let filters = params.structures("Filters.Filter").into_iter().map(filter).collect::<Result<_, _>>()?;
        Ok(Self { filters })
    }

    /// Whether an object satisfies all: `values` tells what it has for a filter's name, or `None` for a name that these
    /// objects do not know.
    ///
    /// # Errors
    /// `InvalidParameterValue` for an unknown name.
    pub fn keep<'v>(&self, values: impl Fn(&str) -> Option<Vec<Cow<'v, str>>>) -> Result<bool, AwsError> {
        let mut keep = true;
        for (name, wanted) in &self.filters {
            let unknown = || AwsError::new("InvalidParameterValue", format!("Unrecognized filter name: {name}"));
            let has = values(name).ok_or_else(unknown)?;
            keep &= has.iter().any(|value| wanted.iter().any(|wanted| wanted == value));
        }
        Ok(keep)
    }

    /// Refuses filters that an operation does not know, also where there is no object to ask.
    pub fn only(&self, known: &[&str]) -> Result<(), AwsError> {
        self.keep(|name| known.contains(&name).then(Vec::new)).map(drop)
    }
}
