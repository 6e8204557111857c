//! Pages: `MaxRecords`, 20 to 100, and `Marker`.

use crate::ec2::Page;
use crate::error::AwsError;
use crate::query::Params;

/// The page that a call asks for.
///
/// # Errors
/// `InvalidParameterValue` for a size out of bounds and for a marker that was never given out.
pub fn page(params: &Params<'_>) -> Result<Page, AwsError> {
    page_up_to(params, 100)
}

/// As [`page`], where an operation gives more than 100 on request.
pub fn page_up_to(params: &Params<'_>, most: usize) -> Result<Page, AwsError> {
    let max = params.number::<usize>("MaxRecords")?.unwrap_or(100);
    if !(20..=most).contains(&max) {
        let message = format!("Invalid value {max} for MaxRecords. Must be between 20 and {most}");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let invalid = || AwsError::new("InvalidParameterValue", "The parameter Marker is not valid.");
    Page::after(max, params.get("Marker")).ok_or_else(invalid)
}
