//! The client API on every runtime, with every backend and both strategies, against the local server.
//!
//! A behaviour uses `tilebox_core::Client`; the macro below turns it into a test for each client.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod automations;
mod changes;
mod clusters;
mod errors;
mod filters;
mod hostile;
mod jobs;
mod latest;
mod loads;
mod lookups;
mod observing;
mod resuming;
mod runners;
mod slow;
#[cfg(unix)]
mod sockets;
mod telemetry;
mod trace_recorder;
mod traps;
mod unusual_types;
mod writes;

use std::time::Duration;

use tilebox_core::ClientBuilder;
use tilebox_core::protocol::retry::RetryPolicy;
use tilebox_core::runtime::Transport;
use tilebox_core::{Client, Strategy};
use tilebox_emulator::{Catalogue, Emulator};

/// The dataset that the local server generates.
const DATASET: &str = "open_data.copernicus.sentinel2_msi";
/// The largest collection of the dataset.
const COLLECTION: &str = "S2A_S2MSI1C";
/// The number of datapoints: several pages, and quick to generate without optimization.
const DATAPOINTS: usize = 3000;

/// A client under test, its server, and a function that creates the builder of another client.
struct Setting {
    client: Client,
    emulator: Emulator,
    make: fn() -> ClientBuilder,
}

impl Setting {
    fn new(make: fn() -> ClientBuilder) -> Self {
        trace_recorder::keep_tracing_interest_open();
        let emulator = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).start().expect("a local server");
        let client = patient(make()).url(emulator.url()).build().expect("a client");
        Self { client, emulator, make }
    }

    /// Returns whether exchanges are tasks of the executor.
    fn spawns(&self) -> bool {
        format!("{:?}", self.builder()).contains("Spawned")
    }

    /// Returns a builder like that of the client, for the same server.
    fn builder(&self) -> ClientBuilder {
        patient((self.make)()).url(self.emulator.url())
    }
}

/// Returns a policy with many attempts and short waits.
fn patient(builder: ClientBuilder) -> ClientBuilder {
    let wait = Duration::from_millis(1);
    builder
        .anonymous()
        .retry(RetryPolicy::default().with_max_attempts(5).with_initial_backoff(wait).with_max_backoff(wait))
}

/// Returns the builder of a runtime crate with one of its backends.
fn builder(builder: ClientBuilder, transport: impl Transport, strategy: Strategy) -> ClientBuilder {
    builder.transport(transport).strategy(strategy)
}

macro_rules! clients {
    ($($client:ident: $block_on:expr, $make:expr;)*) => { $(
        mod $client {
            use super::*;

            fn make() -> ClientBuilder {
                $make
            }

            behaviours! { $block_on;
                lookups: datasets_are_listed_as_a_tree, a_dataset_is_found_by_slug_and_by_id,
                    collections_are_listed_with_their_contents, a_datapoint_is_found_by_its_id;
                loads: a_query_returns_every_datapoint_once_in_order, sequential_exchanges_return_full_pages,
                    pages_load_concurrently_in_order, large_pages_stay_encoded_and_in_order,
                    a_query_of_a_dataset_merges_its_collections, a_query_without_data_has_three_columns,
                    a_limit_returns_the_first_datapoints, selected_columns_keep_the_requested_order,
                    an_instant_is_its_millisecond, concurrent_loads_equal_sequential_loads,
                    collections_load_concurrently_into_one_table, each_load_returns_its_own_result,
                    concurrency_limits_requests_in_flight, a_result_converts_to_records_and_files,
                    progress_reaches_its_end, a_dropped_stream_sends_no_more_requests;
                latest: the_latest_datapoints_take_a_few_requests, a_load_from_the_end_reverses_every_option,
                    a_failed_load_from_the_end_resumes_with_the_rest, a_count_equals_the_loaded_datapoints,
                    an_estimate_is_near_the_load, a_relative_extent_ends_at_the_load,
                    a_union_selects_datapoints_of_each_area;
                filters: a_filter_selects_matching_datapoints, an_area_selects_datapoints_within_it,
                    collections_are_chosen_by_name_id_and_handle, an_invalid_query_never_becomes_a_wider_one,
                    an_interrupted_load_resumes_at_its_position, columns_need_not_hold_the_id;
                errors: unknown_names_are_not_found, misspelt_names_get_suggestions,
                    invalid_times_and_ids_are_refused, transient_failures_are_retried,
                    a_rate_limited_call_waits_for_the_server, a_missing_server_is_named_in_the_error,
                    a_web_page_as_a_response_is_shown, a_wrong_key_says_so;
                changes: the_next_query_returns_added_fields, swapped_fields_are_not_confused,
                    the_current_definition_decides_unknown_fields;
                traps: an_undecodable_page_ends_the_load_with_an_error, a_time_out_of_range_is_null,
                    an_open_ring_is_refused, tables_join_by_the_names_of_their_columns,
                    lists_keep_zeros_and_their_own_names, progress_of_an_instant_stays_between_0_and_1,
                    an_incompatible_schema_change_gets_a_reason;
                jobs: a_submitted_job_is_found_by_id_name_and_state, jobs_stream_lazily_in_either_order,
                    a_wait_ends_with_the_completed_job, a_failed_job_is_retried_until_it_completes,
                    a_canceled_job_ends_a_wait_and_continues_by_a_retry, a_lost_submission_creates_exactly_one_job,
                    a_clone_has_the_edited_root_tasks, unknown_jobs_and_clusters_get_suggestions, a_job_is_drawn_as_svg;
                automations: an_automation_with_schedules_is_changed_and_deleted,
                    an_unknown_cluster_of_an_automation_gets_suggestions,
                    storage_events_trigger_an_automation, a_storage_location_is_created_renamed_and_deleted;
                clusters: a_cluster_is_created_changed_and_deleted, an_unknown_cluster_suggests_existing_ones,
                    a_lost_response_about_a_cluster_is_resolved, workflows_are_listed_page_by_page,
                    a_workflow_is_created_changed_and_deleted, a_release_is_published_and_deployed;
                observing: every_operation_is_a_span_around_its_exchanges, a_failed_attempt_logs_its_cause_and_wait,
                    a_load_reports_its_cost;
                resuming: a_failed_load_resumes_with_exactly_the_rest;
                hostile: a_truncated_page_never_shortens_a_load, an_unusual_head_loses_no_datapoint,
                    a_long_head_is_read_or_reported_after_one_attempt, a_transient_page_error_ends_no_load,
                    an_expanding_page_beyond_the_limit_is_refused, a_redirect_of_a_page_names_its_target,
                    a_server_error_prints_as_one_plain_line, a_gateway_that_quotes_the_key_reveals_nothing;
                slow: a_slow_reader_misses_nothing, large_pages_are_copied_as_a_stream;
                runners: a_job_of_hundreds_of_tasks_is_computed, two_runners_share_a_job,
                    a_panic_fails_the_task_not_the_runner, an_oversized_subtask_fails_its_task,
                    a_refused_report_fails_its_task, a_run_ends_with_its_future_after_grace,
                    a_dropped_run_hands_its_tasks_back, a_runner_checks_its_options_before_a_run;
                telemetry: exported_logs_are_found_by_job_task_and_severity,
                    logs_of_all_jobs_are_found_and_counted_by_time, logs_stream_page_by_page,
                    exported_spans_are_rows_with_events;
                unusual_types: five_hundred_fields_round_trip, stac_messages_round_trip,
                    unknown_numbers_and_fields_hide_nothing;
                writes: a_dataset_is_created_changed_and_deleted, a_subscription_limits_the_number_of_datasets,
                    an_existing_dataset_is_updated_instead_of_created, a_concurrently_created_dataset_is_updated,
                    a_collection_is_created_once_and_deleted, ids_are_returned_in_input_order,
                    writes_invalidate_cached_collection_info, re_ingested_results_keep_their_ids,
                    a_collection_is_copied_as_a_stream, input_is_checked_before_anything_is_sent,
                    a_failed_ingestion_reports_stored_ids_and_repeats_safely,
                    a_broken_stream_reports_stored_datapoints, datapoints_are_deleted_by_their_ids,
                    a_dropped_ingestion_stops, a_lost_response_to_a_write_is_resolved;
            }
            #[cfg(unix)]
            behaviours! { $block_on;
                sockets: a_server_on_a_unix_socket_responds_like_any_other, a_missing_socket_is_named_in_the_error;
            }
        }
    )* };
}

macro_rules! behaviours {
    ($block_on:expr; $($module:ident: $($behaviour:ident),*;)*) => { $( $(
        #[test]
        fn $behaviour() {
            $block_on(async { $module::$behaviour(Setting::new(make)).await });
        }
    )* )* };
}

clients! {
    tokio_hyper: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Hyper::new().expect("a backend"), Strategy::Spawned);
    tokio_hyper_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Hyper::new().expect("a backend"), Strategy::Joined);
    tokio_reqwest: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Reqwest::new().expect("a backend"), Strategy::Spawned);
    smol_isahc: tilebox_smol::block_on, builder(
        tilebox_smol::client_builder(), tilebox_smol::Isahc::new().expect("a backend"), Strategy::Spawned);
    smol_isahc_joined: tilebox_smol::block_on, builder(
        tilebox_smol::client_builder(), tilebox_smol::Isahc::new().expect("a backend"), Strategy::Joined);
    smol_hyper: tilebox_smol::block_on, builder(
        tilebox_smol::client_builder(), tilebox_smol::Hyper::new().expect("a backend"), Strategy::Spawned);
    async_std_isahc: tilebox_async_std::block_on, builder(
        tilebox_async_std::client_builder(), tilebox_async_std::Isahc::new().expect("a backend"), Strategy::Spawned);
    async_std_surf: tilebox_async_std::block_on, builder(
        tilebox_async_std::client_builder(), tilebox_async_std::Surf::new().expect("a backend"), Strategy::Spawned);
}

/// Over HTTP/2, where the responses of a client share a connection.
macro_rules! clients_over_http_2 {
    ($($client:ident: $block_on:expr, $make:expr;)*) => { $(
        mod $client {
            use super::*;

            fn make() -> ClientBuilder {
                $make
            }

            behaviours! { $block_on;
                slow: a_slow_reader_misses_nothing, large_pages_are_copied_as_a_stream;
                resuming: a_failed_load_resumes_with_exactly_the_rest;
            }
        }
    )* };
}

clients_over_http_2! {
    tokio_hyper_http_2: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Spawned);
    tokio_hyper_http_2_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    tokio_reqwest_http_2_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::client_builder(), tilebox_tokio::Reqwest::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    smol_hyper_http_2_joined: tilebox_smol::block_on, builder(
        tilebox_smol::client_builder(), tilebox_smol::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    smol_isahc_http_2_joined: tilebox_smol::block_on, builder(
        tilebox_smol::client_builder(), tilebox_smol::Isahc::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
}
