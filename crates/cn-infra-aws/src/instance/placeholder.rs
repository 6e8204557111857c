//! Stands for the kind of security groups until that is merged.

use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroup {}

impl Resource for SecurityGroup {
    const KIND: &'static str = "security_group";
    const FIELDS: &'static [Field] = &[];
    const OUTPUTS: &'static [Output] = &[];
    const NAMING: Naming = Naming { tag: true, required: false, unique: true };
    const ID_FORM: &'static str = "sg-0123456789abcdef0";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("sg-")
    }

    fn impact(_: &FieldChange<'_, Self>) -> Impact {
        Impact::in_place()
    }
}
