//! Saved plans: read, shown, and the same when saved again.

use std::path::Path;

use cn_infra_core::plan::file::parse;

use super::assert_is_plain;
use super::environment::{KINDS, look_at_plan};
use crate::error::CommandError;
use crate::view::{self, Style};

/// The text of a saved plan, as somebody edited it or a disk damaged it.
pub fn plan_file(input: &[u8]) {
    match parse(input, Path::new(".cn-infra/plan.json")) {
        Ok(saved) => {
            look_at_plan(&saved.plan);
            saved.plan.data_deletes(&KINDS).for_each(drop);
        }
        Err(error) => {
            let style = Style { colored: false, width: Some(80) };
            assert_is_plain(&view::error::error(&CommandError::from(error), style));
        }
    }
}
