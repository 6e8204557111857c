//! The query protocol of EC2 and RDS: an operation and its parameters as a form, the answer as XML.
//!
//! Parameters know whether they were read: what a handler does not ask for is not modelled, and the call is refused
//! instead of answered as if it had been done.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::AwsError;

/// One form.
#[derive(Debug, Default)]
pub struct Form {
    pairs: BTreeMap<String, (String, Cell<bool>)>,
}

impl Form {
    /// Decodes a form; of a key given twice, the last counts.
    pub fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        Self { pairs: pairs.map(|(key, value)| (key.into_owned(), (value.into_owned(), Cell::new(false)))).collect() }
    }

    /// All of it.
    pub fn params(&self) -> Params<'_> {
        Params { form: self, prefix: String::new() }
    }

    /// The names of the parameters.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs.keys().map(String::as_str)
    }

    /// The first parameter that nobody asked for.
    pub fn unread(&self) -> Option<&str> {
        self.pairs.iter().find(|(_, (_, read))| !read.get()).map(|(key, _)| key.as_str())
    }
}

/// The parameters of an operation, or of one structure in them.
#[derive(Clone, Debug)]
pub struct Params<'a> {
    form: &'a Form,
    /// Empty, or with a dot at its end.
    prefix: String,
}

impl<'a> Params<'a> {
    /// A parameter's text, marked as read.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let (value, read) = self.form.pairs.get(&format!("{}{name}", self.prefix))?;
        read.set(true);
        Some(value)
    }

    /// A parameter that must be there: `MissingParameter`.
    pub fn require(&self, name: &str) -> Result<&'a str, AwsError> {
        let missing = || {
            AwsError::new("MissingParameter", format!("The request must contain the parameter {}{name}", self.prefix))
        };
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(missing)
    }

    /// `true` or `false`; anything else is `InvalidParameterValue`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, AwsError> {
        match self.get(name) {
            None => Ok(None),
            Some("true" | "True" | "1") => Ok(Some(true)),
            Some("false" | "False" | "0") => Ok(Some(false)),
            Some(value) => Err(self.invalid(name, value)),
        }
    }

    /// A number; anything else is `InvalidParameterValue`.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, AwsError> {
        self.get(name).map(|value| value.parse().map_err(|_| self.invalid(name, value))).transpose()
    }

    fn invalid(&self, name: &str, value: &str) -> AwsError {
        let message = format!("Invalid value '{value}' for {}{name}", self.prefix);
        AwsError::new("InvalidParameterValue", message)
    }

    /// The texts of `name.1`, `name.2`, … in the order of their numbers.
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        self.numbers(name).into_iter().filter_map(|number| self.get(&format!("{name}.{number}"))).collect()
    }

    /// The structures `name.1.…`, `name.2.…`, in the order of their numbers.
    pub fn structures(&self, name: &str) -> Vec<Self> {
        self.numbers(name).into_iter().map(|number| self.structure(&format!("{name}.{number}"))).collect()
    }

    /// The structure `name.…`.
    pub fn structure(&self, name: &str) -> Self {
        Self { form: self.form, prefix: format!("{}{name}.", self.prefix) }
    }

    /// Whether anything of `name`, `name.…` is given.
    pub fn has(&self, name: &str) -> bool {
        let whole = format!("{}{name}", self.prefix);
        self.form.pairs.contains_key(&whole) || self.under(&format!("{whole}.")).next().is_some()
    }

    /// Marks all as read: for an answer that does not depend on the rest, such as that of a client token used before.
    pub fn accept_all(&self) {
        for (_, (_, read)) in self.under(&self.prefix) {
            read.set(true);
        }
    }

    /// All pairs but those named, sorted: what a client token stands for. Marks none of them as read.
    pub fn fingerprint(&self, but: &[&str]) -> String {
        let pairs = self.under(&self.prefix).filter(|(key, _)| !but.contains(&key.as_str()));
        pairs.flat_map(|(key, (value, _))| [key, "=", value, "\n"]).collect()
    }

    fn numbers(&self, name: &str) -> Vec<u32> {
        let prefix = format!("{}{name}.", self.prefix);
        let number = |key: &str| key[prefix.len()..].split('.').next().and_then(|number| number.parse().ok());
        let mut numbers: Vec<u32> = self.under(&prefix).filter_map(|(key, _)| number(key)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn under(&self, prefix: &str) -> impl Iterator<Item = (&'a String, &'a (String, Cell<bool>))> {
        let prefix = prefix.to_owned();
        self.form.pairs.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_structures_are_read_in_the_order_of_their_numbers() {
        let form =
            Form::parse(b"Id.10=j&Id.2=b&Id.1=a&Map.1.Ebs.VolumeSize=8&Map.1.DeviceName=x&Map.2.DeviceName=y&Left=1");
        let params = form.params();
        assert_eq!(params.list("Id"), ["a", "b", "j"]);
        let maps = params.structures("Map");
        assert_eq!(maps[0].structure("Ebs").number::<u32>("VolumeSize").expect("a number"), Some(8));
        assert_eq!(maps.iter().filter_map(|map| map.get("DeviceName")).collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(form.unread(), Some("Left"));
        assert!(params.has("Map") && !params.has("Ma"));
        assert_eq!(params.flag("Left").expect("a flag"), Some(true));
        assert_eq!(form.unread(), None);
        assert_eq!(params.require("Right").expect_err("missing").code, "MissingParameter");
    }
}
