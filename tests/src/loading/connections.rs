//! The connections to a server: they die silently, and hold a limited amount of unread bytes.

use tilebox_core::time::Instant;

use super::server::Arrival;

/// The connections that all loads share.
#[derive(Debug)]
pub struct Connections {
    all: Vec<Connection>,
    /// The number of unread body bytes that a connection holds.
    window: usize,
}

#[derive(Clone, Debug, Default)]
struct Connection {
    is_dead: bool,
    /// The number of times that the connection was replaced.
    generation: u32,
    /// The time at which the connection transfers again.
    full_until: Option<Instant>,
}

/// The connection that a request was sent over.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    connection: usize,
    generation: u32,
}

/// The result of a response's way over a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delivery {
    /// The response arrives.
    Now,
    /// The response waits until earlier bodies are read.
    Later(Instant),
    /// The connection is dead: the request times out.
    Never,
}

impl Connections {
    pub(super) fn new(random: &mut fastrand::Rng) -> Self {
        Self { all: vec![Connection::default(); random.usize(1..5)], window: [usize::MAX, 300][random.usize(0..2)] }
    }

    /// Returns a random connection, possibly a dead one, because its death is silent. Later attempts use a working one.
    pub(super) fn route(&mut self, now: Instant, attempt: u32, random: &mut fastrand::Rng) -> Route {
        let mut connection = random.usize(0..self.all.len());
        if attempt > 1 {
            self.renew(connection);
            if self.all[connection].full_until > Some(now) {
                // Responses that wait on the old connection still arrive.
                connection = self.all.len();
                self.all.push(Connection::default());
            }
        }
        Route { connection, generation: self.all[connection].generation }
    }

    /// Kills a connection, as a router that forgot it or a machine that slept does.
    pub(super) fn kill(&mut self, route: Route) {
        self.all[route.connection].is_dead = true;
    }

    fn renew(&mut self, connection: usize) {
        let connection = &mut self.all[connection];
        if connection.is_dead {
            *connection = Connection { generation: connection.generation + 1, ..Connection::default() };
        }
    }

    pub(super) fn deliver(&mut self, now: Instant, arrival: &Arrival) -> Delivery {
        let connection = &self.all[arrival.route.connection];
        // Timeouts of the client need no connection.
        if arrival.response.is_err() {
            return Delivery::Now;
        }
        if connection.is_dead || connection.generation != arrival.route.generation {
            return Delivery::Never;
        }
        match connection.full_until {
            Some(until) if until > now && until < arrival.timeout => Delivery::Later(until),
            Some(until) if until > now => Delivery::Never,
            _ => Delivery::Now,
        }
    }

    pub(super) fn leave_unread(&mut self, arrival: &Arrival, until: Instant) {
        let bytes = arrival.response.as_ref().map_or(0, |response| response.body().len());
        if bytes > self.window {
            let connection = &mut self.all[arrival.route.connection];
            connection.full_until = connection.full_until.max(Some(until));
        }
    }
}
