//! Whether a file has the bytes of an object: its MD5 against the entity tag.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use md5::{Digest as _, Md5};

use crate::list::ETag;
use crate::multipart::{joined, parts};
use crate::upload::PART;

/// Whether a file is what the tag of an object says; `None`: the tag does not tell, since the object was put together
/// from other parts than this crate's uploads are.
pub(super) fn is_same(path: &Path, tag: &ETag) -> io::Result<Option<bool>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut file = BufReader::with_capacity(1 << 20, file);
    match tag {
        ETag::Whole(md5) => Ok(Some(digest(&mut file, u64::MAX)? == *md5)),
        ETag::Parts(_, number) if parts(size, PART).count() == usize::from(*number) => {
            let md5s = parts(size, PART).map(|(_, _, length)| digest(&mut file, length));
            Ok(Some(joined(md5s.collect::<io::Result<Vec<_>>>()?) == *tag))
        }
        ETag::Parts(..) | ETag::Other(_) => Ok(None),
    }
}

/// The MD5 of so many bytes, or of what is left.
fn digest(from: &mut impl Read, length: u64) -> io::Result<[u8; 16]> {
    let mut md5 = Md5::new();
    let (mut bytes, mut from) = (vec![0; 256 << 10], from.take(length));
    loop {
        match from.read(&mut bytes)? {
            0 => return Ok(md5.finalize().into()),
            read => md5.update(&bytes[..read]),
        }
    }
}
