//! The rules of the lease, without any I/O: what a contender and a holder do about what they read.
//!
//! Three rules make two writers at once impossible, whatever is paused, lost or slow. Every record differs from every other,
//! and one takes the place of another only on condition of its ETag. A holder counts its time from before its record was
//! sent, and begins no attempt of a write that could outlast it. A contender takes over only what is older than that time
//! and one attempt, by S3's own clock.

use std::time::Duration;

use super::record::Record;

/// `Date` and `Last-Modified` have whole seconds: an age may be less than their difference, by as much.
const ROUNDING: Duration = Duration::from_secs(1);

/// What a reading found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No object: the lease is free.
    Nothing,
    /// A lease.
    Lease(Stored),
    /// Something else is in its place.
    Foreign,
}

/// A lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it says.
    pub record: Record,
    /// Its entity tag, which names this record and no other.
    pub(super) etag: String,
    /// How long ago it was written, by S3's clock alone.
    pub age: Duration,
}

impl Stored {
    /// How long until it may be taken over, unless it is renewed.
    pub fn left(&self) -> Duration {
        (self.record.term() + ROUNDING).saturating_sub(self.age)
    }
}

/// What a contender does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Writes where nothing is.
    Take,
    /// Writes over the record with this entity tag.
    TakeOver(String),
    /// Nothing: an earlier attempt, whose answer was lost, took it.
    Ours(String),
    /// Gives up.
    Held(Stored),
    /// Gives up: nobody knows what is there.
    Foreign,
}

/// What a contender does about what it read. `unlock` is the token of a lease that may be taken whatever its age.
pub(super) fn next(found: Found, token: &str, unlock: Option<&str>) -> Next {
    match found {
        Found::Nothing => Next::Take,
        Found::Foreign => Next::Foreign,
        Found::Lease(lease) if lease.record.token == token => Next::Ours(lease.etag),
        Found::Lease(lease) if lease.left().is_zero() || unlock == Some(&lease.record.token) => {
            Next::TakeOver(lease.etag)
        }
        Found::Lease(lease) => Next::Held(lease),
    }
}

/// What became of a renewal that was not answered, or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// It took effect.
    Done(String),
    /// It did not, and the lease is still ours: it can be sent again.
    Undone,
    /// Somebody else has the lease now, or has had it.
    Lost(Option<Record>),
}

/// Tells by a reading what became of the renewal that wrote `sent` over `etag`.
pub(super) fn renewal(found: Found, sent: &Record, etag: &str) -> Renewal {
    match found {
        Found::Lease(lease) if lease.record == *sent => Renewal::Done(lease.etag),
        Found::Lease(lease) if lease.etag == etag => Renewal::Undone,
        Found::Lease(lease) => Renewal::Lost(Some(lease.record)),
        Found::Nothing | Found::Foreign => Renewal::Lost(None),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn record(token: &str) -> Record {
        Record {
            who: "ana@laptop".to_owned(),
            process: 7,
            since: Timestamp::UNIX_EPOCH,
            ttl_seconds: 240,
            attempt_seconds: 60,
            token: token.to_owned(),
            number: 0,
        }
    }

    fn lease(token: &str, age: u64) -> Found {
        Found::Lease(Stored { record: record(token), etag: "e".to_owned(), age: Duration::from_secs(age) })
    }

    #[test]
    fn a_lease_is_taken_over_once_its_time_and_one_attempt_are_over() {
        assert!(matches!(next(lease("b", 300), "a", None), Next::Held(_)));
        assert_eq!(next(lease("b", 301), "a", None), Next::TakeOver("e".to_owned()));
        assert_eq!(next(lease("b", 0), "a", Some("b")), Next::TakeOver("e".to_owned()));
        assert!(
            matches!(next(lease("b", 0), "a", Some("c")), Next::Held(_)),
            "another lease than the one that was shown"
        );
        assert_eq!(next(lease("a", 9), "a", None), Next::Ours("e".to_owned()));
        assert_eq!(next(Found::Nothing, "a", None), Next::Take);
        assert_eq!(next(Found::Foreign, "a", Some("b")), Next::Foreign);
    }

    #[test]
    fn what_became_of_a_renewal_is_told_by_the_record() {
        let sent = record("a").next();
        let done = Found::Lease(Stored { record: sent.clone(), etag: "f".to_owned(), age: Duration::ZERO });
        assert_eq!(renewal(done, &sent, "e"), Renewal::Done("f".to_owned()));
        assert_eq!(renewal(lease("a", 60), &sent, "e"), Renewal::Undone);
        assert_eq!(renewal(lease("b", 0), &sent, "d"), Renewal::Lost(Some(record("b"))));
        assert_eq!(renewal(Found::Nothing, &sent, "e"), Renewal::Lost(None));
    }
}
