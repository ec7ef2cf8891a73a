//! Whatever once was interesting to the fuzzer goes through its target in every test run.

use std::fs;
use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut replayed = 0;
    for entry in fs::read_dir(folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        println!("{}", path.display());
        target(&fs::read(&path).expect("a readable file"));
        replayed += 1;
    }
    assert!(replayed > 0, "an empty corpus proves nothing");
}

#[test]
fn the_corpus_of_frames_is_harmless() {
    replay("frame", vhsm_fuzz::frame);
}

#[test]
fn the_corpus_of_requests_is_harmless() {
    replay("request", vhsm_fuzz::request);
}

#[test]
fn the_corpus_of_calls_is_harmless() {
    replay("calls", vhsm_fuzz::calls);
}
