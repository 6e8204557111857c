//! What is where: pages of keys in the order of their bytes, of ranges that are cut as they are listed.
//!
//! S3 lists a bucket one page after the other, 1,000 keys each. Many pages at once need the keys to be divided
//! beforehand, and nobody knows how they are spread. So a listing begins as one range and is [cut] while it goes on,
//! wherever somebody is free to list the other half: [`scan`](crate::scan).

mod bucket;
mod cursor;
mod cut;
mod etag;
mod page;

pub use bucket::Listing;
pub(crate) use bucket::decode;
pub use cursor::{Cursor, Next};
pub use cut::cuts;
pub use etag::ETag;
pub use page::{Entry, Facts, Page};
