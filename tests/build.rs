//! Turns the examples of the README and the guide into programs that run against a local server. `src/examples.rs` runs
//! them and checks that they load something.

use std::fs;
use std::path::Path;

const DATASET: &str = "open_data.copernicus.sentinel2_msi";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let guide = root.join("core/guide");
    let chapters = fs::read_dir(&guide).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    for path in chapters.chain([root.join("README.md")]) {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default();
        let text = fs::read_to_string(&path).unwrap_or_default();
        if let Err(error) = fs::write(Path::new(&out).join(name), programs(&text, &name.to_string_lossy())) {
            println!("cargo::error=the examples of {} cannot be written: {error}", path.display());
        }
    }
    println!("cargo::rerun-if-changed={}", guide.display());
}

/// Returns the text with a `main` in each `no_run` example.
fn programs(text: &str, file: &str) -> String {
    let mut programs = String::with_capacity(text.len() * 2);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line != "```rust,no_run" {
            programs.push_str(line);
            programs.push('\n');
            continue;
        }
        let example: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        programs.push_str("```rust\n");
        programs.push_str(&program(&example.join("\n"), &format!("{file}:{}", number + 1)));
        programs.push_str("\n```\n");
    }
    programs
}

/// Returns the example with a `main` that runs it.
fn program(example: &str, place: &str) -> String {
    let run = |body: &str| format!("fn main() {{ tilebox_tests::examples::run({place:?}, || {{ {body} }}) }}");
    if example.contains("fn main()") {
        let renamed = example.replace("fn main()", "fn example()");
        // One example shows an error: it misspells the dataset.
        let finish = if example.contains("sentinel2_mis\"") { "fail" } else { "finish" };
        return format!("{renamed}\n{}", run(&format!("tilebox_tests::examples::{finish}(example())")));
    }
    let mut functions = example.lines().filter(|line| line.contains("fn ") && !line.starts_with([' ', '/', '#', '}']));
    let Some(function) = functions.next_back() else {
        let (uses, rest): (Vec<&str>, Vec<&str>) = example.lines().partition(|line| line.starts_with("use "));
        return format!("{}\n{}", uses.join("\n"), run(&format!("{} println!(\"ran\");", rest.join("\n"))));
    };
    let (head, tail) = function.split_once('(').unwrap_or((function, ""));
    let name = head.rsplit(' ').next().unwrap_or_default();
    let parameters = tail.split_once(')').map_or("", |(parameters, _)| parameters);
    let arguments: Vec<&str> = parameters.split(", ").filter(|one| !one.is_empty()).map(argument).collect();
    let call = format!("{name}({})", arguments.join(", "));
    let wait = if head.contains("async ") { ".await" } else { "" };
    let finish = format!("tilebox_tests::examples::finish({call}{wait})");
    if arguments.is_empty() {
        return format!(
            "{example}\n{}",
            run(&format!("tilebox_tokio::block_on(async {{ tilebox_tests::examples::finish({call}.map(|_| ())) }})"))
        );
    }
    let arguments_setup = format!(
        "let client = tilebox_tokio::client().expect(\"a client\");
        let source = client.dataset(\"{DATASET}\").await.expect(\"a dataset\");
        let chosen = source.collection(\"S2A_S2MSI1C\").await.expect(\"a collection\");"
    );
    format!("{example}\n{}", run(&format!("tilebox_tokio::block_on(async {{ {arguments_setup} {finish} }})")))
}

/// Returns the argument for a parameter of an example.
fn argument(parameter: &str) -> &'static str {
    match parameter {
        "to: &Collection" => "&source.get_or_create_collection(\"COPY\").await.expect(\"a collection\")",
        "s2b: &Collection" => "&source.collection(\"S2B_S2MSI1C\").await.expect(\"a collection\")",
        "scenes: &[Scene]" => {
            "&[Scene { time: \"2025-01-01T10:00:00Z\", geometry: \"POINT(11 47)\", granule_name: \"one\".to_owned(), \
             cloud_cover: None }]"
        }
        _ if parameter.ends_with("&Collection") => "&chosen",
        _ if parameter.ends_with("&Dataset") => "&source",
        _ if parameter.ends_with("Client") => "&client",
        _ if parameter.ends_with("&str") => "\"open_data.copernicus.sentinel2_msi\"",
        _ if parameter.ends_with("&Datapoints") => {
            "&chosen.query(\"2025-01-01\").limit(100).await.expect(\"datapoints\")"
        }
        // The example then fails to compile and shows the parameter.
        _ => "compile_error!(\"tests/build.rs has no argument for this parameter of an example\")",
    }
}
