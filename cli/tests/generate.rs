//! Generated structs of the Sentinel-2 dataset, committed, compiled, and used for datapoints.

use crate::kit::runner::client;
use crate::kit::{DATAPOINTS, DATASET, json, printed, run, server};

/// The committed code of [`DATASET`].
#[path = "generated/sentinel2_msi.rs"]
#[expect(unreachable_pub, reason = "the code is written for modules of an application")]
mod sentinel2_msi;

use sentinel2_msi::{ProcessingLevel, Sentinel2Msi};

#[test]
fn the_code_of_sentinel2_is_committed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/generated/sentinel2_msi.rs");
    let generated = printed(&server(), &["generate", DATASET]);
    if std::env::var_os("TILEBOX_REGENERATE").is_some() {
        std::fs::write(path, &generated).expect("a file of this repository");
    }
    let committed = std::fs::read_to_string(path).expect("the committed code");
    assert_eq!(generated, committed, "TILEBOX_REGENERATE=1 writes it again");
}

#[test]
fn generated_structs_hold_loaded_datapoints() {
    let server = server();
    let loaded = tilebox_tokio::block_on(async {
        let dataset = client(&server).dataset(DATASET).await?;
        dataset.query(..).load().await
    });
    let scenes = loaded.and_then(|loaded| loaded.rows::<Sentinel2Msi>()).expect("rows");
    assert_eq!(scenes.len(), DATAPOINTS);
    assert!(scenes.is_sorted_by_key(|scene| scene.time));
    for scene in &scenes {
        let level = match scene.product_type.as_deref() {
            Some("S2MSI1C") => ProcessingLevel::L1c,
            _ => ProcessingLevel::L2a,
        };
        assert_eq!(scene.processing_level, Some(level), "{scene:?}");
        assert!(scene.geometry.is_some() && scene.cloud_cover.is_some(), "{scene:?}");
    }
}

#[test]
fn code_has_the_given_names_and_wrong_ones_are_refused() {
    let server = server();
    let code = printed(&server, &["generate", DATASET, "--name", "Scene", "--crate", "tilebox-smol"]);
    assert!(code.contains("pub struct Scene {") && code.contains("use tilebox_smol::{"), "{code}");
    assert!(
        code.contains(&format!("// Made by: tbx generate {DATASET} --name Scene --crate tilebox_smol\n")),
        "{code}"
    );
    let json = json(&server, &["generate", DATASET, "--name", "Scene", "--crate", "tilebox-smol", "--json"]);
    assert_eq!(json["code"], code);
    for (option, name) in [("--name", "scene"), ("--name", "Timestamp"), ("--name", "A B"), ("--crate", "a b")] {
        let refused = run(&server, &["generate", DATASET, option, name]);
        assert_eq!(refused.status.code(), Some(2), "{option} {name}");
    }
}
