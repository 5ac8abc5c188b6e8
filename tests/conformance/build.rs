//! Compiles the messages of the suite. `CONFORMANCE_PROTOS` sets their folder in the Go module of the suite. Without it, the
//! package has no messages, so that the workspace builds without Go.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=CONFORMANCE_PROTOS");
    println!("cargo::rustc-check-cfg=cfg(has_messages)");
    compile()
}

#[cfg(not(feature = "suite"))]
fn compile() -> Result<(), Box<dyn Error>> {
    Ok(())
}

#[cfg(feature = "suite")]
fn compile() -> Result<(), Box<dyn Error>> {
    let Ok(folder) = std::env::var("CONFORMANCE_PROTOS") else { return Ok(()) };
    let files = protox::compile(["connectrpc/conformance/v1/client_compat.proto"], [folder])?;
    prost_build::Config::new().compile_fds(files)?;
    println!("cargo::rustc-cfg=has_messages");
    Ok(())
}
