//! Objects of S3 in bulk: sync, verify, empty, reset ACLs.
