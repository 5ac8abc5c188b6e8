//! The factory of calls, for machines that make many.

use std::borrow::Cow;

use crate::error::Result;
use crate::protocol::budget::{Budget, Lease};
use crate::protocol::call::{Call, CallPolicy};
use crate::protocol::connect::{EncodedMessage, UnaryResponse};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;

/// The endpoint of the calls of a machine, their policy, and their share of the budget.
#[derive(Debug)]
pub struct Caller {
    endpoint: Endpoint,
    policy: CallPolicy,
    random: fastrand::Rng,
    pub(crate) lease: Lease,
}

impl Caller {
    /// Creates a caller of `endpoint` with a share of `budget`. `seed` spreads repeated attempts.
    #[must_use]
    pub fn new(endpoint: Endpoint, policy: CallPolicy, budget: &Budget, seed: u64) -> Self {
        Self { endpoint, policy, random: fastrand::Rng::with_seed(seed), lease: budget.join() }
    }

    /// Makes a call of the RPC whose response `decode` turns into the reply. `purpose` completes "cannot …" in an error.
    pub(crate) fn call<R: Rpc, Reply, E: std::error::Error + Send + Sync + 'static>(
        &mut self,
        request: &R::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
        decode: impl Fn(&UnaryResponse) -> Result<Reply, E> + Send + Sync + 'static,
    ) -> Result<Call<Reply>> {
        let request = self.endpoint.call_with::<R, _, _>(request, idempotency, purpose, decode)?;
        Ok(Call::new(request, self.policy, self.random.u64(..)))
    }

    /// Makes a call of the RPC that leaves its response encoded. `purpose` completes "cannot …" in an error.
    pub(crate) fn call_encoded<R: Rpc>(
        &mut self,
        request: &R::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Result<Call<EncodedMessage>> {
        let request = self.endpoint.call_encoded::<R>(request, idempotency, purpose)?;
        Ok(Call::new(request, self.policy, self.random.u64(..)))
    }

    /// Returns the maximum number of bytes of a message after decompression.
    pub(crate) fn message_limit(&self) -> usize {
        self.policy.message_limit
    }
}
