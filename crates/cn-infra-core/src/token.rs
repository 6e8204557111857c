//! Client tokens: the same create, sent again after a kill, finds the object that the first one made.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use crate::owner::Owner;

/// The client token of a create.
///
/// It is derived from where the object belongs, never from what it looks like or which plan asked for it, so every
/// attempt to create the same resource bears the same token. The generation counts the predecessors that were
/// terminated: a token must not be used again for another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    place: String,
    /// How many objects of the same place were there before and are gone.
    pub generation: u32,
}

impl Token {
    /// The token of an owner's object in an account and region.
    pub fn new(account: &str, region: &str, owner: &Owner, generation: u32) -> Self {
        let Owner { project, environment, address } = owner;
        Self { place: [account, region, project, environment, &address.local()].join("\n"), generation }
    }

    /// The token of the next generation.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { place: self.place.clone(), generation: self.generation + 1 }
    }

    /// 52 characters of `A–Z2–7`, within the 64 ASCII characters that EC2 allows.
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&Sha256::digest(format!("{}\n{}", self.place, self.generation)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn differs_by_place_and_generation_only() {
        let owner = Owner { project: "p".into(), environment: "e".into(), address: Address::new("instance", "web") };
        let token = Token::new("1", "r", &owner, 0);
        assert_eq!(token.text(), Token::new("1", "r", &owner, 0).text());
        assert_ne!(token.text(), token.next().text());
        assert_ne!(token.text(), Token::new("1", "s", &owner, 0).text());
        assert_eq!(token.text().len(), 52);
    }
}
