//! The filters of `Describe` operations: each names a property and the values it may have, `*` and `?` being wild.

use std::borrow::Cow;

use crate::error::AwsError;
use crate::query::Params;
use crate::tags::Tags;

/// AWS takes no more values in one call. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
const MAX_VALUES: usize = 200;

/// The filters of one call: an object must satisfy each, by any of its values.
#[derive(Debug)]
pub struct Filters {
    filters: Vec<(String, Vec<String>)>,
}

impl Filters {
    /// Reads `Filter.N.Name` and `Filter.N.Value.M`.
    pub fn of(params: &Params<'_>) -> Result<Self, AwsError> {
        let filter = |filter: Params<'_>| {
            let values: Vec<_> = filter.list("Value").into_iter().map(str::to_owned).collect();
            Ok((filter.require("Name")?.to_owned(), values))
        };
        let filters: Vec<_> = params.structures("Filter").into_iter().map(filter).collect::<Result<_, _>>()?;
        if filters.iter().map(|(_, values)| values.len()).sum::<usize>() > MAX_VALUES {
            let message = format!("The maximum number of filter values specified on a single call is {MAX_VALUES}");
            return Err(AwsError::new("FilterLimitExceeded", message));
        }
        Ok(Self { filters })
    }

    /// Refuses a name that is not among `names`: for objects of which there may be none to ask by [`Filters::keep`].
    /// `tag:KEY` and `tag-key` need not be told.
    ///
    /// # Errors
    /// `InvalidParameterValue`
    pub fn only(self, names: &[&str]) -> Result<Self, AwsError> {
        let is_known = |name: &str| name == "tag-key" || name.starts_with("tag:") || names.contains(&name);
        match self.filters.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(unknown(name)),
            None => Ok(self),
        }
    }

    /// Whether there is no filter.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether an object satisfies all: `values` tells what it has for a filter's name, or `None` for a name that these
    /// objects do not know. `tag:KEY` and `tag-key` are looked up in `tags`.
    ///
    /// # Errors
    /// `InvalidParameterValue` for an unknown name, as EC2 answers.
    pub fn keep<'a, 'v>(
        &'a self,
        tags: Option<&Tags>,
        values: impl Fn(&'a str) -> Option<Vec<Cow<'v, str>>>,
    ) -> Result<bool, AwsError> {
        for (name, wanted) in &self.filters {
            let has = match name.strip_prefix("tag:") {
                Some(key) => {
                    tags.and_then(|tags| tags.get(key)).map(|value| Cow::from(value.clone())).into_iter().collect()
                }
                None if name == "tag-key" => {
                    tags.into_iter().flatten().map(|(key, _)| Cow::from(key.clone())).collect()
                }
                None => values(name).ok_or_else(|| unknown(name))?,
            };
            if !has.iter().any(|value| wanted.iter().any(|pattern| matches(pattern.as_bytes(), value.as_bytes()))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn unknown(name: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
}

/// What an object has for a filter's name, where it is one value.
#[expect(clippy::unnecessary_wraps, reason = "stands beside the `None` of unknown names")]
pub fn one<'v>(value: impl Into<Cow<'v, str>>) -> Option<Vec<Cow<'v, str>>> {
    Some(vec![value.into()])
}

/// As [`one`], where an object may have none or many.
#[expect(clippy::unnecessary_wraps, reason = "as of `one`")]
pub fn any<'v, V: Into<Cow<'v, str>>>(values: impl IntoIterator<Item = V>) -> Option<Vec<Cow<'v, str>>> {
    Some(values.into_iter().map(Into::into).collect())
}

/// `*` stands for any text, `?` for one character, `\` takes the meaning of the next.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(b'?') => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            Some(b'\\') if pattern.get(p + 1) == Some(&text[t]) => {
                (p, t) = (p + 2, t + 1);
                continue;
            }
            Some(byte) if *byte == text[t] => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            _ => {}
        }
        let Some((at, from)) = star else { return false };
        star = Some((at, from + 1));
        (p, t) = (at + 1, from + 1);
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Form;

    #[test]
    fn stars_and_question_marks_are_wild() {
        for (pattern, text, expected) in [
            ("web-*", "web-1", true),
            ("*/ubuntu/*server*", "x/ubuntu/y-server-1", true),
            ("we?", "web", true),
            ("we?", "we", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn every_filter_must_hold_by_any_of_its_values() {
        let form = Form::parse(
            b"Filter.1.Name=state&Filter.1.Value.1=on&Filter.1.Value.2=off&Filter.2.Name=tag:Name&Filter.2.Value.1=web",
        );
        let filters = Filters::of(&form.params()).expect("filters");
        let tags = Tags::from([("Name".to_owned(), "web".to_owned())]);
        let state = |state: &'static str| move |name: &str| (name == "state").then(|| vec![Cow::from(state)]);
        assert!(filters.keep(Some(&tags), state("off")).expect("known"));
        assert!(!filters.keep(Some(&tags), state("gone")).expect("known"));
        assert!(!filters.keep(None, state("on")).expect("known"));
        assert_eq!(filters.keep(None, |_| None).expect_err("unknown").code, "InvalidParameterValue");
    }
}
