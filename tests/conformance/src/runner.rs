//! Concurrent calls from the runner of the suite, and their results.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use futures::StreamExt as _;
use futures::channel::mpsc;
use prost::Message as _;

use crate::backend::{Backend, Clients};
use crate::call;
use crate::proto::client_compat_response::Result as Outcome;
use crate::proto::{ClientCompatRequest, ClientCompatResponse, ClientErrorResult};

/// The maximum number of calls in flight.
const CONCURRENCY: usize = 8;

/// The longest message that the runner sends, in bytes.
const MAXIMUM_MESSAGE_BYTES: usize = 64 << 20;

pub(crate) fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(backend) = Backend::ALL.into_iter().find(|backend| backend.name() == name) else {
        let names = Backend::ALL.map(Backend::name).join(", ");
        eprintln!("expects the name of a backend ({names}), got `{name}`");
        return ExitCode::from(2);
    };
    match backend.block_on(run(backend)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(backend: Backend) -> io::Result<()> {
    let (sender, requests) = mpsc::unbounded();
    // Reading blocks, so it has its own thread.
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(request) = read(&mut input).transpose() {
            if sender.unbounded_send(request).is_err() {
                return;
            }
        }
    });
    let (clients, output) = (Clients::new(backend), Mutex::new(io::stdout()));
    let (clients, output) = (&clients, &output);
    let results = requests.map(|request| async move {
        let request = request?;
        let result = match clients.of(&request) {
            Ok(client) => call::make(&client, backend.runtime(), &request).await,
            Err(error) => Err(error.to_string()),
        };
        let outcome = match result {
            Ok(response) => Outcome::Response(response),
            Err(message) => Outcome::Error(ClientErrorResult { message }),
        };
        let response = ClientCompatResponse { test_name: request.test_name, result: Some(outcome) };
        write(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), &response)
    });
    let mut results = results.buffer_unordered(CONCURRENCY);
    while let Some(result) = results.next().await {
        result?;
    }
    Ok(())
}

/// Reads a message: its length as four bytes, then its encoding.
fn read(input: &mut impl Read) -> io::Result<Option<ClientCompatRequest>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAXIMUM_MESSAGE_BYTES {
        return Err(io::Error::other(format!(
            "expects at most {MAXIMUM_MESSAGE_BYTES} bytes for a message, got {length}"
        )));
    }
    let mut message = vec![0; length];
    input.read_exact(&mut message)?;
    ClientCompatRequest::decode(&*message).map(Some).map_err(io::Error::other)
}

fn write(output: &mut impl Write, response: &ClientCompatResponse) -> io::Result<()> {
    let message = response.encode_to_vec();
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(&message)?;
    output.flush()
}
