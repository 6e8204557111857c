//! Stand-ins for what is being built elsewhere. Deleted with the merge.
#![allow(missing_docs, dead_code, clippy::pedantic)]

pub mod environment {
    use std::path::PathBuf;
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Diagnostics(pub Vec<Diagnostic>);
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Diagnostic { pub file: PathBuf, pub position: Option<Position>, pub message: String, pub hint: Option<String> }
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Position { pub line: usize, pub column: usize, pub width: usize }
    impl std::fmt::Display for Diagnostics {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { for d in &self.0 { writeln!(f, "error: {}", d.message)?; } Ok(()) }
    }
    impl std::error::Error for Diagnostics {}
    #[derive(Debug, thiserror::Error)]
    #[error("edit")]
    pub struct EditError;
    pub fn schema(_: &cn_infra_core::kinds::Kinds) -> serde_json::Value { serde_json::json!({}) }
    pub trait Load: Sized { fn load(d: &std::path::Path, n: &str, k: &cn_infra_core::kinds::Kinds) -> Result<Self, Diagnostics>; }
    impl Load for cn_infra_core::environment::Environment {
        fn load(d: &std::path::Path, _: &str, _: &cn_infra_core::kinds::Kinds) -> Result<Self, Diagnostics> {
            Err(Diagnostics(vec![Diagnostic { file: d.to_owned(), position: None, message: "pending".into(), hint: None }]))
        }
    }
    pub mod edit {
        use cn_infra_core::address::*;
        pub fn set_adopt(s: &str, _: &Address, _: &PhysicalId) -> Result<String, super::EditError> { Ok(s.to_owned()) }
    }
}
pub mod session { pub use cn_infra_aws::session::SessionError; }
pub mod check {
    use cn_infra_core::{check::Finding, environment::Environment, kinds::Kinds};
    pub fn check(_: &Environment, _: &Kinds, _: jiff::Timestamp) -> Vec<Finding> { Vec::new() }
}
pub mod apply {
    use cn_infra_core::{apply::*, clock::Clock, event::Reporter, kinds::Kinds, manager::Managers, plan::Plan};
    pub async fn apply(_: &Plan, _: &Kinds, _: &Managers, _: &ApplyOptions, _: &dyn Clock, _: &Cancellation, _: &mut dyn Reporter) -> Report { Report::default() }
}
pub mod plan {
    use cn_infra_core::{address::Address, environment::Environment, kinds::Kinds, live::{Live, Outputs}, plan::*};
    use std::collections::BTreeMap;
    #[derive(Debug, thiserror::Error)]
    #[error("plan")]
    pub struct PlanError;
    pub fn plan(_: &Environment, _: &Live, _: &Kinds, _: &PlanOptions, _: jiff::Timestamp) -> Result<Plan, PlanError> { Err(PlanError) }
    pub fn outputs(_: &Environment, _: &Live, _: &Kinds) -> BTreeMap<Address, Outputs> { BTreeMap::new() }
    pub mod file {
        use std::path::Path;
        #[derive(Debug, thiserror::Error)]
        pub enum PlanFileError { #[error("format")] Format { found: u32 }, #[error("io")] Io(#[source] std::io::Error) }
        pub fn save(_: &super::Plan, _: &Path) -> Result<(), PlanFileError> { Ok(()) }
        pub fn load(_: &Path) -> Result<super::Plan, PlanFileError> { Err(PlanFileError::Format { found: 0 }) }
    }
    pub mod identity {
        use super::*;
        use cn_infra_core::live::Object;
        pub struct Identity<'a>(Vec<(Address, &'a Object)>);
        #[derive(Clone, Copy)]
        pub struct Claim<'a> { pub object: &'a Object }
        impl<'a> Identity<'a> {
            pub fn claim(&self, _: &Address) -> Option<Claim<'a>> { None }
            pub fn unlisted(&self) -> &[(Address, &'a Object)] { &self.0 }
        }
        pub fn identify<'a>(_: &'a Environment, _: &'a Live, _: &Kinds) -> Identity<'a> { Identity(Vec::new()) }
    }
}
