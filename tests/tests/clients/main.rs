//! The client API on every runtime, with every backend and both strategies, against the local server.
//!
//! A behaviour is written once, for `tilebox_core::Client`; the macro below makes a test of it for each client.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod changes;
mod errors;
mod filters;
mod heard;
mod hostile;
mod loads;
mod lookups;
mod observing;
mod odd;
mod resuming;
mod slow;
#[cfg(unix)]
mod sockets;
mod traps;
mod writes;

use std::time::Duration;

use tilebox_core::client::ClientBuilder;
use tilebox_core::protocol::retry::RetryPolicy;
use tilebox_core::runtime::Transport;
use tilebox_core::{Client, Strategy};
use tilebox_emulator::{Catalogue, Emulator};

/// The dataset that the local server generates.
const DATASET: &str = "open_data.copernicus.sentinel2_msi";
/// Its largest collection.
const COLLECTION: &str = "S2A_S2MSI1C";
/// More than a few pages, and quick to generate without optimization.
const DATAPOINTS: usize = 3000;

/// A client under test, the server it talks to, and how to make another like it.
struct Setting {
    client: Client,
    emulator: Emulator,
    make: fn() -> ClientBuilder,
}

impl Setting {
    fn new(make: fn() -> ClientBuilder) -> Self {
        heard::never_remember_that_nobody_listens();
        let emulator = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).start().expect("a local server");
        let client = patient(make()).url(emulator.url()).build().expect("a client");
        Self { client, emulator, make }
    }

    /// Whether exchanges are tasks of the executor, as its builder says.
    fn spawns(&self) -> bool {
        format!("{:?}", self.builder()).contains("Spawned")
    }

    /// A builder like that of the client, for the same server.
    fn builder(&self) -> ClientBuilder {
        patient((self.make)()).url(self.emulator.url())
    }
}

/// Repeats often and without much waiting.
fn patient(builder: ClientBuilder) -> ClientBuilder {
    let wait = Duration::from_millis(1);
    builder.anonymous().retry(RetryPolicy::default().with_max_attempts(5).with_backoff(wait, 1.0, wait))
}

/// The builder of a runtime crate, with one of its backends.
fn builder<C>(builder: ClientBuilder<C>, transport: impl Transport, strategy: Strategy) -> ClientBuilder
where
    C: From<Client>,
{
    builder.into_core().transport(transport).strategy(strategy)
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
                    collections_are_listed_with_what_is_in_them, a_datapoint_is_found_by_its_id;
                loads: a_query_gives_every_datapoint_once_and_in_order, one_exchange_at_a_time_gives_full_pages,
                    pages_load_at_once_and_come_in_order, large_pages_wait_as_they_came_and_come_in_order,
                    a_query_of_a_dataset_merges_its_collections, a_query_without_data_has_three_columns,
                    a_limit_gives_the_first_datapoints, chosen_columns_come_in_the_order_asked_for, an_instant_is_its_millisecond,
                    loads_at_once_give_what_loads_in_turn_give,
                    collections_load_at_once_into_one_table_that_names_them, each_load_says_how_it_ended,
                    no_more_requests_are_under_way_than_allowed, a_result_becomes_records_and_files,
                    progress_reaches_its_end, a_dropped_stream_asks_for_nothing_more;
                filters: a_filter_gives_what_it_says, an_area_gives_what_lies_there,
                    collections_are_chosen_by_name_id_and_handle, what_cannot_be_asked_never_widens_a_query,
                    an_interrupted_load_goes_on_at_its_position, columns_need_not_hold_the_id;
                errors: names_that_do_not_exist_say_so, names_that_are_misspelt_come_with_those_that_were_meant, times_and_ids_that_are_none_say_so,
                    a_server_that_fails_for_a_while_is_asked_again, a_server_that_limits_its_rate_is_waited_for,
                    a_server_that_is_not_there_says_so, a_page_that_is_no_answer_is_shown,
                    a_wrong_key_says_so;
                changes: a_field_that_is_added_is_in_the_next_query_of_a_kept_handle,
                    fields_that_changed_places_are_not_mistaken_for_each_other,
                    what_may_be_due_to_an_old_definition_is_refused_by_the_new_one;
                traps: a_page_that_cannot_be_decoded_is_an_error_and_nothing_hangs,
                    a_time_that_no_column_holds_is_null,
                    a_ring_that_is_not_closed_is_refused,
                    tables_join_by_the_names_of_their_columns,
                    lists_keep_what_is_zero_and_have_names_of_their_own,
                    an_instant_of_several_pages_has_progress_between_nothing_and_all,
                    a_change_that_does_not_fit_the_datapoints_says_why;
                observing: every_operation_is_a_span_and_its_exchanges_lie_in_it,
                    an_attempt_that_fails_is_told_with_its_cause_and_the_wait, a_load_says_what_it_cost;
                resuming: a_failed_load_resumes_with_exactly_the_rest;
                hostile: a_page_that_is_cut_never_shortens_a_load, an_odd_head_of_a_page_loses_no_datapoint, a_long_head_is_read_or_named_at_once,
                    an_error_of_a_page_that_passes_ends_no_load, a_page_that_expands_beyond_the_limit_is_refused,
                    a_redirect_of_a_page_names_its_target, an_error_of_a_server_is_one_plain_line,
                    a_gateway_that_quotes_the_key_reveals_nothing;
                slow: a_slow_reader_misses_nothing, large_pages_are_copied_as_a_stream;
                odd: five_hundred_fields_go_in_and_out, stac_messages_come_back_as_they_were,
                    numbers_and_fields_that_nobody_knows_hide_nothing;
                writes: a_dataset_is_made_changed_and_deleted, a_subscription_says_how_many_datasets_there_may_be, a_dataset_that_is_there_is_changed_instead_of_made,
                    a_dataset_that_another_client_makes_meanwhile_is_changed, a_collection_is_made_once_and_deleted,
                    ids_come_back_in_the_order_of_the_input,
                    what_is_known_of_a_collection_is_forgotten_when_it_is_written,
                    queried_and_ingested_again_keeps_its_ids, a_collection_is_copied_as_a_stream,
                    input_is_checked_before_anything_is_sent, a_failure_says_what_was_stored_and_a_repeat_is_safe,
                    a_stream_that_breaks_off_says_what_was_stored, datapoints_are_deleted_by_their_ids,
                    an_ingestion_that_is_dropped_stops, a_lost_response_to_a_write_is_made_good;
            }
            #[cfg(unix)]
            behaviours! { $block_on;
                sockets: a_server_on_a_unix_socket_answers_like_any_other, a_socket_that_is_not_there_says_so;
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
        tilebox_tokio::Client::builder(), tilebox_tokio::Hyper::new().expect("a backend"), Strategy::Spawned);
    tokio_hyper_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::Client::builder(), tilebox_tokio::Hyper::new().expect("a backend"), Strategy::Joined);
    tokio_reqwest: tilebox_tokio::block_on, builder(
        tilebox_tokio::Client::builder(), tilebox_tokio::Reqwest::new().expect("a backend"), Strategy::Spawned);
    smol_isahc: tilebox_smol::block_on, builder(
        tilebox_smol::Client::builder(), tilebox_smol::Isahc::new().expect("a backend"), Strategy::Spawned);
    smol_isahc_joined: tilebox_smol::block_on, builder(
        tilebox_smol::Client::builder(), tilebox_smol::Isahc::new().expect("a backend"), Strategy::Joined);
    smol_hyper: tilebox_smol::block_on, builder(
        tilebox_smol::Client::builder(), tilebox_smol::Hyper::new().expect("a backend"), Strategy::Spawned);
    async_std_isahc: tilebox_async_std::block_on, builder(
        tilebox_async_std::Client::builder(), tilebox_async_std::Isahc::new().expect("a backend"), Strategy::Spawned);
    async_std_surf: tilebox_async_std::block_on, builder(
        tilebox_async_std::Client::builder(), tilebox_async_std::Surf::new().expect("a backend"), Strategy::Spawned);
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
        tilebox_tokio::Client::builder(), tilebox_tokio::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Spawned);
    tokio_hyper_http_2_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::Client::builder(), tilebox_tokio::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    tokio_reqwest_http_2_joined: tilebox_tokio::block_on, builder(
        tilebox_tokio::Client::builder(), tilebox_tokio::Reqwest::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    smol_hyper_http_2_joined: tilebox_smol::block_on, builder(
        tilebox_smol::Client::builder(), tilebox_smol::Hyper::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
    smol_isahc_http_2_joined: tilebox_smol::block_on, builder(
        tilebox_smol::Client::builder(), tilebox_smol::Isahc::http2_prior_knowledge().expect("a backend"), Strategy::Joined);
}
