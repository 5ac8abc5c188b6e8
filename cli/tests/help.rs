//! Help and completions.

use crate::kit::{printed, server};

#[test]
fn help_and_completions_have_every_option() {
    let server = server();
    let help = printed(&server, &[]);
    assert!(help.contains("Start here:") && help.contains("TILEBOX_API_KEY"), "{help}");
    let help = printed(&server, &["query", "--help"]);
    assert!(help.contains("--output scenes.parquet") && help.lines().all(|line| line.chars().count() <= 100), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&server, &["completions", shell]);
        assert!(
            script.contains("tbx") && !script.contains("_tilebox") && script.contains("collections"),
            "{shell}: {script}"
        );
    }
}
