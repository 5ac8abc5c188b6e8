//! The notebook in `docs`: its cells compile, its saved outputs are the expected ones, and its script is skipped without
//! evcxr. `docs/notebook.sh` runs it.
//!
//! `TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test notebook` writes `docs/notebook/cells.rs`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tilebox_tests::sources::root;

include!("../../docs/notebook/cells.rs");

fn docs() -> PathBuf {
    root().join("docs")
}

/// Returns the cells with code.
fn notebook() -> Vec<Value> {
    let text = fs::read_to_string(docs().join("notebook.ipynb")).expect("a notebook");
    let notebook: Value = serde_json::from_str(&text).expect("JSON");
    let cells = notebook["cells"].as_array().expect("cells").iter().filter(|cell| cell["cell_type"] == "code");
    cells.cloned().collect()
}

/// Returns text that a notebook stores as one string or as lines.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Returns a cell as Rust code: without the commands of evcxr, and showing its last expression.
fn compiled(cell: &Value) -> String {
    let source = text(&cell["source"]);
    let mut lines: Vec<_> = source.lines().filter(|line| !line.starts_with(':')).map(ToOwned::to_owned).collect();
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with([';', '}'])) {
        last.push_str(".evcxr_display();");
    }
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn the_cells_of_the_notebook_compile() {
    let cells: Vec<_> = notebook().iter().map(compiled).filter(|cell| !cell.is_empty()).collect();
    assert!(cells.len() > 5, "{} cells", cells.len());
    let source = format!(
        "// The cells of docs/notebook.ipynb, so that they are compiled. Written by\n\
         // `TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test notebook`.\n\
         #[expect(dead_code, reason = \"they are run by docs/notebook.sh\")]\n\
         async fn cells() -> Result<(), Box<dyn std::error::Error>> {{\n{}    Ok(())\n}}\n",
        cells.join("\n") + "\n"
    );
    let path = docs().join("notebook/cells.rs");
    if std::env::var_os("TILEBOX_REGENERATE").is_some() {
        fs::write(&path, &source).expect("the file can be written");
    }
    let compiled = fs::read_to_string(&path).expect("the file can be read");
    assert_eq!(
        source, compiled,
        "the cells have changed: TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test notebook"
    );
}

#[test]
fn the_saved_notebook_has_the_expected_outputs() {
    let mut expectations = 0;
    for cell in notebook() {
        let outputs: Vec<_> = cell["outputs"].as_array().expect("outputs").iter().flat_map(outputs).collect();
        for expected in cell["metadata"]["expected"].as_array().into_iter().flatten() {
            let expected = expected.as_str().expect("text");
            let (kind, text) = expected.split_once(' ').expect("a type and a text");
            // Outputs of the REPL are not saved.
            if kind != "text" {
                assert!(
                    outputs.iter().any(|(other, shown)| other == kind && shown.contains(text)),
                    "{expected} is not in {cell}"
                );
                expectations += 1;
            }
        }
    }
    assert!(expectations > 15, "{expectations} expectations");
}

/// Returns the types and texts of an output.
fn outputs(output: &Value) -> Vec<(String, String)> {
    match output["output_type"].as_str() {
        Some("stream") => vec![(text(&output["name"]), text(&output["text"]))],
        Some("error") => panic!("a cell failed: {output}"),
        _ => output["data"].as_object().into_iter().flatten().map(|(kind, data)| (kind.clone(), text(data))).collect(),
    }
}

#[cfg(unix)]
#[test]
fn without_evcxr_the_notebook_is_skipped() {
    let run = std::process::Command::new("/bin/sh")
        .arg(docs().join("notebook.sh"))
        .env("PATH", "/nowhere")
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.starts_with("skipped: there is no evcxr"), "{run:?}");
}
