//! Pages in their encoded form, which are decoded when the reader is near them.

use std::collections::BTreeMap;

use super::page::Page;
use super::plan::PartId;
use crate::columns::PageDecoder;
use crate::protocol::call::Call;
use crate::protocol::connect::{Code, EncodedMessage};
use crate::protocol::exchange::{ExchangeError, TransportError};
use crate::protocol::machine::read_message;
use crate::time::Instant;

/// A page to decode. Decoding is pure and slow (decompression, columns), so the driver can run it on any thread.
#[derive(Clone, Debug)]
pub struct EncodedPage {
    pub(super) part: PartId,
    pub(super) message: EncodedMessage,
    pub(super) decoder: PageDecoder,
    /// Maximum bytes of its message at the moment.
    pub(super) room: usize,
    /// Maximum bytes of any message.
    pub(super) message_limit: usize,
}

impl EncodedPage {
    /// Decompresses and decodes the page. [`Pages::handle_decoded`](super::Pages::handle_decoded) takes the result.
    #[must_use]
    pub fn decode(self) -> Decoded {
        self.decode_in_steps(&mut |_| {})
    }

    /// Decodes the page like [`decode`](Self::decode). Calls `decompressed` with the size of the message between
    /// decompressing and decoding it, so that the driver can measure both.
    #[must_use]
    pub fn decode_in_steps(self, decompressed: &mut dyn FnMut(usize)) -> Decoded {
        let Self { part, message, decoder, room, message_limit } = self;
        let limit = room.min(message_limit);
        let read = |message: &_| Page::decode(&decoder, message);
        let outcome = match read_message(message, limit, decompressed, read) {
            Ok(page) => Outcome::Page(Box::new(page)),
            Err(ExchangeError::BadResponse(error))
                if limit < message_limit && error.code == Code::ResourceExhausted =>
            {
                Outcome::TooLargeForNow
            }
            Err(failure) => Outcome::Failed(failure),
        };
        Decoded { part, outcome }
    }

    /// Returns a function that turns an error into the outcome of this page, for a task that the executor dropped.
    pub fn lost(&self) -> impl FnOnce(TransportError) -> Decoded + Send + use<> {
        let part = self.part;
        move |error| Decoded { part, outcome: Outcome::Failed(ExchangeError::NoResponse(error)) }
    }
}

/// The outcome of decoding one page.
#[derive(Debug)]
pub struct Decoded {
    pub(super) part: PartId,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Page(Box<Page>),
    /// The message expands to more bytes than there is room for: the page stays encoded until there is room.
    TooLargeForNow,
    /// The page cannot be decoded.
    Failed(ExchangeError),
}

/// The responses that are held in encoded form, by part.
pub(super) struct EncodedPages {
    pages: BTreeMap<PartId, Held>,
}

struct Held {
    message: EncodedMessage,
    /// The call that loaded the response; it continues if the message cannot be decoded.
    call: Call<EncodedMessage>,
    is_decoding: bool,
    /// Whether the message expands to more bytes than its room.
    is_large: bool,
}

impl EncodedPages {
    pub(super) fn new() -> Self {
        Self { pages: BTreeMap::new() }
    }

    /// Returns the number of responses, including those that are being decoded.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// Returns the number of responses that are being decoded.
    pub(super) fn decoding(&self) -> usize {
        self.pages.values().filter(|page| page.is_decoding).count()
    }

    pub(super) fn insert(&mut self, part: PartId, message: EncodedMessage, call: Call<EncodedMessage>) {
        self.pages.insert(part, Held { message, call, is_decoding: false, is_large: false });
    }

    /// Returns whether the response for a part exceeded its room; `None` if no response for the part waits to be
    /// decoded.
    pub(super) fn waiting(&self, part: PartId) -> Option<bool> {
        self.pages.get(&part).filter(|page| !page.is_decoding).map(|page| page.is_large)
    }

    /// Marks a response as being decoded and returns its message. Keeps the response, because it may be decoded again.
    pub(super) fn begin_decoding(&mut self, part: PartId) -> Option<EncodedMessage> {
        let page = self.pages.get_mut(&part)?;
        page.is_decoding = true;
        Some(page.message.clone())
    }

    /// Marks a response as decoded. Returns whether it was being decoded.
    pub(super) fn end_decoding(&mut self, part: PartId) -> bool {
        self.pages.get_mut(&part).is_some_and(|page| std::mem::take(&mut page.is_decoding))
    }

    /// Marks a response as larger than its room.
    pub(super) fn mark_large(&mut self, part: PartId) {
        if let Some(page) = self.pages.get_mut(&part) {
            page.is_large = true;
        }
    }

    /// Drops a response that is no longer needed.
    pub(super) fn remove(&mut self, part: PartId) {
        self.pages.remove(&part);
    }

    /// Drops a response that cannot be decoded. Returns its call, which continues with its remaining attempts and time.
    pub(super) fn fail(&mut self, part: PartId, now: Instant, failure: ExchangeError) -> Option<Call<EncodedMessage>> {
        let mut call = self.pages.remove(&part)?.call;
        call.fail(now, failure);
        Some(call)
    }

    pub(super) fn clear(&mut self) {
        self.pages.clear();
    }
}
