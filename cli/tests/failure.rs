//! The reports of failures.

use std::path::Path;

use crate::kit::{DATASET, file, run, server};

#[test]
fn errors_are_one_line_and_leave_no_file() {
    let server = server();
    let path = file("never.csv");
    let mistakes: [(&[&str], i32, &str); 11] = [
        (&["schema", "nope"], 2, "cannot find the dataset `nope`"),
        (&["query", DATASET, "-f", "cloud_cove < 10", "-o", &path], 2, "did you mean `cloud_cover`?"),
        (
            &["query", DATASET, "--columns", "cloud_covers", "-o", &path],
            2,
            "there is no field `cloud_covers`; did you mean `cloud_cover`?",
        ),
        (&["query", DATASET, "-c", "nope"], 2, "no collection is named `nope`; the collections are S2A_S2MSI1C"),
        (&["query", DATASET, "-t", "2025-02-30/2025-03-01"], 2, "there is no such date"),
        (&["query", DATASET, "-t", "2025-01-01/2025-01-01"], 2, "write \"2025-01-01\" alone for that day"),
        (
            &["query", DATASET, "-t", "2025-01-01T00:25:55/2025-01-01T00:25:55"],
            2,
            "it ends where it starts, so it is empty; write \"2025-01-01T00:25:55Z\" alone",
        ),
        (&["query", DATASET, "-a", "nope.geojson"], 1, "cannot read the area file `nope.geojson`"),
        (&["query", DATASET, "-a", "POLYGON((1 2"], 2, "not valid WKT"),
        (&["query", DATASET, "-o", "scenes.xlsx"], 2, "no format has the extension `.xlsx`; use one of .geojson"),
        (&["query", DATASET, "-o", "/nowhere/scenes.csv"], 1, "cannot write `/nowhere/scenes.csv`"),
    ];
    for (arguments, code, expected) in mistakes {
        let output = run(&server, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: cannot ") && stderr.contains(expected), "{arguments:?}: {stderr}");
        assert_eq!((stderr.lines().count(), output.stdout.len()), (1, 0), "{arguments:?}: {stderr}");
    }
    assert!(!Path::new(&path).exists() && !Path::new(&format!("{path}.partial")).exists());
}
