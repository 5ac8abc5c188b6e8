//! The known faults of the official clients, each with the tests of the right behaviour here.
//!
//! The list follows section 11 of the specification of datasets. Tests of the whole client are in `tests/tests/clients`,
//! those of one part beside its code.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;

use tilebox_tests::sources::{Tests, root};

/// The faults of the official clients, and the tests that exclude them here.
const TRAPS: [(&str, &[&str]); 19] = [
    (
        "A dependency without an upper bound breaks a fresh installation.",
        &["every_dependency_is_bounded_without_default_features"],
    ),
    (
        "An undecodable page shortens the result, or the query hangs; the error is inside an exception group.",
        &[
            "clients::an_undecodable_page_ends_the_load_with_an_error",
            "an_unreadable_page_is_an_error",
            "a_truncated_body_is_requested_again",
        ],
    ),
    (
        "Descriptors live as long as the process: a changed dataset is an error or is ignored.",
        &["clients::the_next_query_returns_added_fields", "clients::swapped_fields_are_not_confused"],
    ),
    (
        "Missing integers become 0, query results get new ids when they are ingested again, trailing zeros of arrays are \
         lost, NaN cannot be ingested.",
        &[
            "clients::re_ingested_results_keep_their_ids",
            "clients::lists_keep_zeros_and_their_own_names",
            "an_absent_field_is_null_and_a_zero_is_zero",
            "a_null_is_absent_and_a_zero_or_nan_is_present",
        ],
    ),
    (
        "Numbers as times are nanoseconds, while the documentation says seconds. Here numbers are not accepted as times.",
        &["text_is_read_as_a_time_or_an_error"],
    ),
    (
        "An empty list of collections and an empty polygon query everything, an unknown spatial mode is ignored.",
        &[
            "clients::an_invalid_query_never_becomes_a_wider_one",
            "an_empty_list_is_an_error",
            "an_empty_area_is_an_error_in_each_form",
            "mode_and_coordinate_system_are_sent",
        ],
    ),
    (
        "Progress of a query of one instant divides by zero, and progress exceeds 1.",
        &[
            "clients::progress_of_an_instant_stays_between_0_and_1",
            "the_fraction_of_an_instant_is_zero",
            "the_fraction_is_within_bounds_and_never_falls",
        ],
    ),
    (
        "Repeated fields of short names share dimensions by mistake.",
        &["clients::lists_keep_zeros_and_their_own_names", "every_type_may_be_repeated"],
    ),
    (
        "A cancelled call looks like a key press; existing or forbidden things look like a fault of the server.",
        &["every_code_has_a_kind", "what_is_written_reads_back"],
    ),
    (
        "An empty variable of the environment disables anonymous access, `http://host` needs a port, no IPv6, no \
         custom certificate authority, no deadline.",
        &[
            "an_empty_variable_is_treated_as_unset",
            "every_form_of_a_url_is_read",
            "https_works_with_a_custom_root",
            "the_deadline_ends_a_call_without_a_response",
            "an_exchange_with_a_silent_server_ends_by_its_timeout",
        ],
    ),
    (
        "One transport never retries, the other loses the hint to log in.",
        &[
            "clients::transient_failures_are_retried",
            "clients::a_rate_limited_call_waits_for_the_server",
            "a_method_missing_for_anonymous_users_requires_a_login",
        ],
    ),
    (
        "A result is loaded into memory as a whole and converted slowly, without streams, limits, cursors or columns.",
        &[
            "clients::pages_load_concurrently_in_order",
            "clients::a_limit_returns_the_first_datapoints",
            "clients::an_interrupted_load_resumes_at_its_position",
            "clients::selected_columns_keep_the_requested_order",
            "tests/benches/volume.rs",
        ],
    ),
    (
        "Get or create races with other clients.",
        &["clients::a_collection_is_created_once_and_deleted", "clients::a_concurrently_created_dataset_is_updated"],
    ),
    (
        "Ingestion is sequential, in memory, split by count and not by bytes, and a failure loses the stored ids.",
        &[
            "clients::a_failed_ingestion_reports_stored_ids_and_repeats_safely",
            "clients::a_collection_is_copied_as_a_stream",
            "chunks_are_bounded_by_bytes",
            "memory_is_bounded_for_any_length_of_input",
        ],
    ),
    (
        "Negative durations are sent malformed.",
        &[
            "clients::re_ingested_results_keep_their_ids",
            "negative_times_and_durations_are_well_formed",
            "the_parts_of_a_duration_have_one_sign",
        ],
    ),
    (
        "More than 100 collections in one query fail at the server.",
        &["clients::an_invalid_query_never_becomes_a_wider_one", "a_selection_has_at_most_100_collections"],
    ),
    ("Heavy dependencies for small jobs.", &["every_dependency_is_bounded_without_default_features", ".ci/run"]),
    (
        "Types are frozen after the first ingestion, and a refused change has no clear reason.",
        &["clients::an_incompatible_schema_change_gets_a_reason", "a_type_with_datapoints_only_gains_fields"],
    ),
    (
        "The documentation differs from the code: defaults of space, names of modes, names of enum values. Here nothing is \
         sent that was not set, and the examples of the documentation compile.",
        &[
            "mode_and_coordinate_system_are_sent",
            "enum_values_are_short_names_or_unknown_numbers",
            "every_feature_names_tests_that_exist",
        ],
    ),
];

#[test]
fn every_trap_names_existing_tests() {
    let tests = Tests::read();
    for (trap, held_by) in TRAPS {
        assert!(!held_by.is_empty(), "{trap}");
        for name in held_by {
            assert!(tests.has(name), "the test {name:?} of {trap:?} does not exist");
        }
    }
}

#[test]
fn every_dependency_is_bounded_without_default_features() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let (_, dependencies) = manifest.split_once("[workspace.dependencies]\n").expect("the dependencies");
    let (dependencies, _) = dependencies.split_once("\n[").expect("a section after them");
    let mut count = 0;
    for line in dependencies.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        // A plain version excludes the next breaking one.
        assert!(!line.contains(['*', '>']), "accepts any later version: {line}");
        let is_ours = line.contains("path = ");
        let has_no_choice = line.ends_with('"');
        assert!(is_ours || has_no_choice || line.contains("default-features = false"), "{line}");
        count += 1;
    }
    assert!(count > 20, "{count} dependencies");
}
