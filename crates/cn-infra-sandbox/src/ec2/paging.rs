//! Pages: `MaxResults` and `NextToken`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::AwsError;
use crate::query::Params;

/// Which part of a list a call asks for.
#[derive(Debug)]
pub struct Page {
    max: usize,
    after: Option<String>,
}

impl Page {
    /// Reads `MaxResults`, which must lie in `bounds`, and `NextToken`. Without `MaxResults` all is told.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a size out of bounds, `InvalidNextToken` for a token that was never given out.
    pub fn of(params: &Params<'_>, bounds: std::ops::RangeInclusive<usize>) -> Result<Self, AwsError> {
        let max = params.number::<usize>("MaxResults")?;
        if let Some(max) = max.filter(|max| !bounds.contains(max)) {
            let message = format!(
                "Value ( {max} ) for parameter maxResults is invalid. Expecting a value between {} and {}.",
                bounds.start(),
                bounds.end()
            );
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        let invalid = || AwsError::new("InvalidNextToken", "The token is invalid.");
        Self::after(max.unwrap_or(usize::MAX), params.get("NextToken")).ok_or_else(invalid)
    }

    /// The page of at most `max` after a token; `None` for a token that was never given out.
    pub fn after(max: usize, token: Option<&str>) -> Option<Self> {
        let decode = |token: &str| {
            String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?.strip_prefix("after:").map(str::to_owned)
        };
        match token.filter(|token| !token.is_empty()) {
            None => Some(Self { max, after: None }),
            Some(token) => decode(token).map(|after| Self { max, after: Some(after) }),
        }
    }

    /// The page of `items`, sorted by `key`, and the token of the next one. A page goes on after the last key that was
    /// told, so that what is made or deleted between two calls shifts nothing.
    pub fn cut<T>(&self, items: Vec<T>, key: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        let mut rest = items;
        rest.sort_by(|a, b| key(a).cmp(key(b)));
        if let Some(after) = &self.after {
            rest.retain(|item| key(item) > after.as_str());
        }
        if rest.len() <= self.max {
            return (rest, None);
        }
        rest.truncate(self.max);
        let token = rest.last().map(|last| URL_SAFE_NO_PAD.encode(format!("after:{}", key(last))));
        (rest, token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Form;

    fn page(query: &str) -> Result<Page, AwsError> {
        Page::of(&Form::parse(query.as_bytes()).params(), 2..=1000)
    }

    #[test]
    fn pages_go_on_after_the_last_item() {
        let items = || vec!["d", "a", "c", "b", "e"];
        let (first, token) = page("MaxResults=2").expect("a page").cut(items(), |item| item);
        assert_eq!(first, ["a", "b"]);
        let next = format!("MaxResults=3&NextToken={}", token.expect("a token"));
        assert_eq!(page(&next).expect("a page").cut(items(), |item| item), (vec!["c", "d", "e"], None));
        assert_eq!(page("MaxResults=1").expect_err("too small").code, "InvalidParameterValue");
        assert_eq!(page("NextToken=nonsense").expect_err("no token").code, "InvalidNextToken");
    }
}
