//! Client tokens: a request sent twice under one token is carried out once.

use serde::{Deserialize, Serialize};

use crate::error::AwsError;
use crate::query::Params;

/// A client token, and the request that it stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientToken {
    token: String,
    /// All other parameters.
    request: String,
}

impl ClientToken {
    /// Reads `ClientToken`. SDKs make one up where the caller gives none.
    pub fn of(params: &Params<'_>) -> Option<Self> {
        let token = params.get("ClientToken").filter(|token| !token.is_empty())?;
        Some(Self { token: token.to_owned(), request: params.fingerprint(&["ClientToken"]) })
    }

    /// What was made under this token already, of objects that remember theirs.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch` where the other parameters were not the same.
    pub fn made<'a, T>(
        &self,
        mut objects: impl Iterator<Item = &'a T>,
        token: impl Fn(&T) -> Option<&Self>,
    ) -> Result<Option<&'a T>, AwsError> {
        let is_of_token = |object: &&T| token(object).is_some_and(|other| other.token == self.token);
        let made = objects.find(is_of_token);
        if made.is_some_and(|made| token(made) != Some(self)) {
            let message = "The client token was used before with other parameters.";
            return Err(AwsError::new("IdempotentParameterMismatch", message));
        }
        Ok(made)
    }
}

impl std::fmt::Display for ClientToken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.token)
    }
}
