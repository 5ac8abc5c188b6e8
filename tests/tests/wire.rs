//! The committed message types equal those generated from the project's `.proto` files.
//!
//! `TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test wire` generates them.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

/// The files that a dataset's type can import. The server sends only the file of the type itself.
const WELL_KNOWN: [&str; 9] = [
    "google/protobuf/duration.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "datasets/stac/v1/asset.proto",
    "datasets/stac/v1/authentication.proto",
    "datasets/stac/v1/processing.proto",
    "datasets/stac/v1/storage.proto",
    "datasets/v1/well_known_types.proto",
    "tilebox/v1/id.proto",
];

fn core_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core")
}

fn proto_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of .proto files can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            proto_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
}

/// Returns the contents of the files in `core/src/protocol/wire` by their names.
fn generate() -> BTreeMap<String, Vec<u8>> {
    let root = core_folder().join("proto");
    let mut files = Vec::new();
    proto_files(&root, &mut files);
    let descriptors = protox::compile(&files, [&root]).expect("the .proto files compile");

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wire-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the output");
    prost_build::Config::new()
        .bytes(["."])
        .btree_map(["."])
        .out_dir(&folder)
        .compile_fds(descriptors)
        .expect("the descriptors become code");
    let mut generated: BTreeMap<_, _> = fs::read_dir(&folder)
        .expect("the output can be listed")
        .map(|entry| entry.expect("an entry can be read").path())
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("the output can be read"))
        })
        .collect();
    fs::remove_dir_all(&folder).expect("the output can be removed");

    let well_known = protox::Compiler::new([&root])
        .expect("the folder exists")
        .include_imports(true)
        .open_files(WELL_KNOWN)
        .expect("the well-known types compile")
        .file_descriptor_set();
    generated.insert("well_known.binpb".to_owned(), well_known.encode_to_vec());
    generated
}

#[test]
fn committed_messages_equal_generated_ones() {
    let wire = core_folder().join("src/protocol/wire");
    for (name, content) in generate() {
        let path = wire.join(&name);
        if std::env::var_os("TILEBOX_REGENERATE").is_some() {
            fs::write(&path, &content).expect("the file can be written");
        }
        let checked_in = fs::read(&path).unwrap_or_default();
        assert!(
            checked_in == content,
            "core/src/protocol/wire/{name} differs from core/proto: \
             run TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test wire"
        );
    }
}
