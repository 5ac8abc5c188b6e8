# The commands of this project. `just` lists them; each also works as it stands without just.

_list:
    @just --list

# Runs the main job: loads two collections from a local server, one after the other, then concurrently.
demo *arguments:
    cargo run --release -p tilebox-demo -- {{arguments}}

# Runs all tests.
test *arguments:
    cargo test --workspace {{arguments}}

# Runs the checks that decide whether a change lands.
ci:
    .ci/run

# Formats the code and runs the lints.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --all-features

# Builds the documentation of the crates and opens it.
docs:
    cargo doc --workspace --no-deps --all-features --open

# Builds the crates as a registry would receive them.
package:
    .ci/package

# Prints a benchmark: columns, loading, volume or workflows.
bench name *arguments:
    cargo bench -p tilebox-tests --bench {{name}} -- {{arguments}}
