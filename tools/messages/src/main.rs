//! Writes the Rust form of `spec/wire/*.proto` to the directory given as the only argument.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::args().nth(1).ok_or("usage: messages OUT_DIR")?);
    let mut protos: Vec<PathBuf> =
        fs::read_dir("spec/wire")?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    protos.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    protos.sort();
    let descriptors = protox::compile(&protos, ["spec/wire"])?;
    prost_build::Config::new().out_dir(&out).compile_fds(descriptors)?;
    fs::rename(out.join("vhsm.wire.rs"), out.join("messages.rs"))?;
    Ok(())
}
