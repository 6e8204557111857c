//! How many files may be open at once. Each bucket has a host of its own, so that many buckets mean many connections.

/// More than any environment needs; the hard limit is often a million.
const ENOUGH: u64 = 16_384;

/// Raises the soft limit, 1,024 on most Linux systems and 256 on macOS, as far as the hard limit lets it.
pub fn allow_many() {
    if let Err(error) = rlimit::increase_nofile_limit(ENOUGH) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

#[cfg(test)]
mod tests {
    use rlimit::Resource;

    use super::*;

    #[test]
    fn the_soft_limit_is_raised() {
        let (_, hard) = Resource::NOFILE.get().unwrap();
        Resource::NOFILE.set(256.min(hard), hard).unwrap();
        allow_many();
        assert_eq!(Resource::NOFILE.get().unwrap(), (ENOUGH.min(hard), hard));
    }
}
