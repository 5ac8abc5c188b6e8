//! The connections to a server: they die without a word, and hold only so much that nobody reads.

use tilebox_core::time::Instant;

use super::server::Arrival;

/// Some connections, which all loads share.
#[derive(Debug)]
pub struct Connections {
    all: Vec<Connection>,
    /// How many bytes of bodies that are not read a connection holds.
    window: usize,
}

#[derive(Clone, Debug, Default)]
struct Connection {
    is_dead: bool,
    /// How often it was made anew.
    generation: u32,
    /// Nothing else comes through before this time.
    full_until: Option<Instant>,
}

/// The connection that a request was sent over.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    connection: usize,
    generation: u32,
}

/// What a connection makes of a response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delivery {
    /// It comes through.
    Now,
    /// It waits for bodies before it to be read.
    Later(Instant),
    /// The connection is dead: nothing comes before the request is given up.
    Never,
}

impl Connections {
    pub(super) fn new(random: &mut fastrand::Rng) -> Self {
        Self { all: vec![Connection::default(); random.usize(1..5)], window: [usize::MAX, 300][random.usize(0..2)] }
    }

    /// Any connection, dead or not, for nobody has noticed. An attempt after another uses one that works.
    pub(super) fn route(&mut self, now: Instant, attempt: u32, random: &mut fastrand::Rng) -> Route {
        let mut connection = random.usize(0..self.all.len());
        if attempt > 1 {
            self.renew(connection);
            if self.all[connection].full_until > Some(now) {
                // What is held up there still comes.
                connection = self.all.len();
                self.all.push(Connection::default());
            }
        }
        Route { connection, generation: self.all[connection].generation }
    }

    /// A connection dies: a router forgot it, or the machine slept.
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
        // What the client itself decides needs no connection.
        if arrival.answer.is_err() {
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
        let bytes = arrival.answer.as_ref().map_or(0, |answer| answer.body().len());
        if bytes > self.window {
            let connection = &mut self.all[arrival.route.connection];
            connection.full_until = connection.full_until.max(Some(until));
        }
    }
}
