//! The pace in virtual time: against S3's budget alone, and with the real SDK against a sandbox that has faults.

mod budget;
mod retries;
