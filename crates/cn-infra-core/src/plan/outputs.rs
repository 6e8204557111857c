//! What the objects of an environment tell.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::environment::Environment;
use crate::kinds::Kinds;
use crate::live::{Live, Outputs};
use crate::plan::identity::identify;

/// The outputs of every resource that has an object.
pub fn outputs(environment: &Environment, live: &Live, kinds: &Kinds) -> BTreeMap<Address, Outputs> {
    let identity = identify(environment, live, kinds);
    let claimed = environment.resources.keys().filter_map(|address| Some((address, identity.claim(address)?)));
    claimed.map(|(address, claim)| (address.clone(), claim.object.outputs.clone())).collect()
}
