//! The suite that every HTTP backend on its runtime passes, against a real server on the loopback interface.
//!
//! - [`backend`]: the interface of a crate under test
//! - [`server`]: the server, which speaks HTTP with hyper on its own tokio runtime
//! - [`frames`]: a server that speaks HTTP/2 frame by frame
//! - [`proxy`]: a proxy before the server
//! - [`forgetful`]: a network before the server that drops connections silently
//! - [`exchanges`], [`failures`], [`connections`], [`proxies`], [`secrets`], [`sockets`], [`dropping`], [`tls`], [`executor`],
//!   [`resets`], [`refusals`], [`idle`]: the behaviours, one function each
//!
//! A test file names its backend once: `backend_suite!(TokioHyper);` turns each behaviour into a test.

#![expect(clippy::expect_used, clippy::missing_panics_doc, clippy::panic, reason = "a broken behaviour panics")]

pub mod backend;
pub mod connections;
pub mod dropping;
pub mod exchanges;
pub mod executor;
pub mod failures;
pub mod forgetful;
pub mod frames;
pub mod idle;
pub mod proxies;
pub mod proxy;
pub mod refusals;
pub mod resets;
pub mod secrets;
pub mod server;
#[cfg(unix)]
pub mod sockets;
pub mod tls;

/// Turns each behaviour into a `#[test]` for a [`Backend`](backend::Backend).
#[macro_export]
macro_rules! backend_suite {
    ($backend:ident) => {
        #[cfg(unix)]
        $crate::behaviours! { $backend
            sockets {
                a_unix_socket_reaches_a_server
                each_socket_reaches_its_own_server
                a_missing_socket_is_an_error_of_connecting
                an_oversized_response_over_a_socket_is_too_large
                a_unix_socket_is_reached_without_the_proxy
            }
        }
        $crate::behaviours! { $backend
            exchanges {
                a_request_arrives_as_it_was_sent
                a_response_arrives_as_it_was_sent
                a_response_with_a_long_head_is_read
                a_long_head_over_http_2_is_a_response
                a_response_with_an_error_status_is_a_response
                a_redirect_is_not_followed
                no_cookie_is_kept
                a_compressed_body_stays_compressed
                sequential_requests_share_a_connection
                concurrent_requests_each_get_their_own_response
                large_bodies_pass_in_both_directions
                the_longest_timeout_and_the_highest_limit_work
                http_2_prior_knowledge_works
            }
            failures {
                a_refused_connection_is_an_error_of_connecting
                an_unknown_host_is_an_error_of_connecting
                a_non_http_address_is_unsupported
                a_claimed_length_over_the_limit_is_too_large
                an_endless_response_is_too_large
                a_response_at_the_limit_is_whole
                a_connection_closed_in_the_body_is_interrupted
                a_connection_closed_in_a_chunked_body_is_interrupted
                a_connection_closed_before_the_response_is_interrupted
                an_arrived_request_is_not_sent_again
                a_response_other_than_http_is_interrupted
                an_oversized_head_is_too_large
            }
            dropping {
                a_dropped_exchange_with_a_silent_server_ends
                an_exchange_dropped_while_read_ends
                an_exchange_with_a_silent_server_ends_by_its_timeout
                an_exchange_without_any_time_ends
                dropped_requests_never_mix_up_responses
                dropped_requests_never_mix_up_responses_over_http_2
            }
            connections {
                dropped_connections_cost_one_attempt
                dropped_connections_cost_one_attempt_over_http_2
                a_timeout_ends_only_its_own_exchange
                a_silent_first_address_delays_an_exchange_briefly
                unread_responses_block_no_other_over_http_2
            }
            secrets {
                no_log_shows_the_key
            }
            tls {
                https_works_with_a_custom_root
                http_2_is_negotiated_over_tls
                the_roots_of_the_platform_are_trusted
                a_server_without_tls_is_an_error_of_connecting
                an_untrusted_root_is_an_error_of_connecting
            }
            proxies {
                a_cleartext_request_sends_the_proxy_its_full_address
                a_tls_request_reveals_only_the_host_to_the_proxy
                a_proxy_may_be_reached_over_tls
                the_proxy_gets_the_credentials_of_its_address
                exceptions_are_reached_without_the_proxy
                a_missing_proxy_is_an_error_of_connecting
                a_proxy_without_credentials_denies_the_request
                a_proxy_without_credentials_is_named_by_its_variable
                the_environment_sets_the_proxies
            }
            resets {
                a_body_reset_without_error_is_interrupted
                a_head_reset_without_error_is_interrupted
                an_empty_body_over_http_2_is_whole
                a_body_reset_with_an_error_is_interrupted
                a_body_below_its_length_is_interrupted
                a_response_reset_after_its_end_is_whole
                a_response_without_a_length_is_whole_at_its_end
                a_message_ended_by_closing_is_interrupted
                an_error_ended_by_closing_is_a_response
            }
            refusals {
                refused_writes_are_repeated_until_all_succeed
                a_stream_above_the_last_one_is_not_processed
                a_stream_up_to_the_last_one_is_interrupted
                a_write_lost_with_its_connection_is_interrupted
            }
            idle {
                bytes_on_an_idle_connection_are_ignored
            }
            executor {
                time_never_goes_back
                a_sleep_past_its_deadline_ends_at_once
                a_sleep_ends_at_its_deadline_or_later
                a_sleep_beyond_all_time_can_be_started_and_dropped
                a_spawned_task_runs
                a_spawned_task_can_wait
                blocking_work_delays_no_task
                works_block_at_the_same_time
                panicking_work_ends_alone
                random_numbers_differ
            }
        }
    };
}

/// The repeated part of [`backend_suite!`].
#[doc(hidden)]
#[macro_export]
macro_rules! behaviours {
    ($backend:ident $($file:ident { $($name:ident)* })*) => {
        $(mod $file {
            $(
                #[test]
                fn $name() {
                    $crate::$file::$name::<super::$backend>();
                }
            )*
        })*
    };
}
