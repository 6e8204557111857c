//! How the modelled operations are asked, as botocore's service models have it.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::venv::python;

/// An operation.
#[derive(Debug, Deserialize)]
pub struct Asked {
    pub service: String,
    pub operation: String,
    /// The parameters of a form that are, or are in, required ones; 1 stands for every number.
    pub needed: Vec<String>,
    /// The others.
    pub optional: Vec<String>,
    /// For S3.
    pub rest: Option<Rest>,
}

/// An operation of S3.
#[derive(Debug, Deserialize)]
pub struct Rest {
    pub method: String,
    /// For example `/{Bucket}/{Key+}?tagging`.
    pub uri: String,
    pub headers: Vec<String>,
    pub query: Vec<String>,
    pub document: Option<Element>,
}

/// An element of a document and those in it.
#[derive(Debug, Deserialize)]
pub struct Element(pub String, pub Vec<Element>);

/// All operations that are modelled.
pub fn model() -> &'static [Asked] {
    static MODEL: OnceLock<Vec<Asked>> = OnceLock::new();
    MODEL.get_or_init(|| {
        let mut command = Command::new(python());
        command.args(["-c", include_str!("model.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the virtual environment's python starts");
        let mut names = child.stdin.take().expect("a pipe");
        for (service, operation) in cn_infra_sandbox::operations() {
            writeln!(names, "{service} {operation}").expect("python reads");
        }
        drop(names);
        let output = child.wait_with_output().expect("python ends");
        serde_json::from_slice(&output.stdout).expect("operations that botocore knows")
    })
}
