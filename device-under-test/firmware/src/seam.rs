//! What a chip has to offer, so that the loop of a wake knows neither it nor its network.

use core::fmt;
use core::future::{Future, pending};

use thing::{Actuator, Instant, Sensor};

/// Why something of the network failed, in a few words for the console.
pub type Reason = &'static str;

/// The hardware, the network left out. None of the methods waits but [`Board::until`].
pub trait Board {
    /// Milliseconds since the reset. Never runs backwards.
    fn now(&self) -> Instant;

    /// Waits until this moment, and not much longer; at once when it is past.
    fn until(&self, at: Instant) -> impl Future<Output = ()>;

    /// Waits for what is typed on the console, takes as much of it as fits, and gives how much that is. A board whose console has no
    /// input, which is the default, waits without an end.
    fn typed(&self, _into: &mut [u8]) -> impl Future<Output = usize> {
        pending()
    }

    /// Prints one line on the console, and its end.
    fn print(&mut self, line: fmt::Arguments<'_>);

    /// Sets a part of the hardware. A part that this board does not have is passed over.
    fn drive(&mut self, actuator: Actuator);

    /// Reads a sensor, within a millisecond or two; `None` when this board does not have it.
    fn sample(&mut self, sensor: Sensor) -> Option<i32>;

    /// Keeps these bytes in place of the former ones. When it returns they survive a power cut; whenever it is
    /// interrupted, either the old or the new ones are there as a whole.
    fn persist(&mut self, data: &[u8]);

    /// Prints what else is worth knowing about a wake that ends, such as the memory that it took. Its last line follows.
    fn sum_up(&mut self) {}

    /// Puts the watchdog off. It must bite when this was not called for 20 seconds, longer than any wait of a wake, and
    /// shorter than anybody's patience.
    fn feed_watchdog(&mut self);
}

/// A network. Each method may take as long as it likes: the loop of a wake bounds it, and drops what takes too long.
pub trait Network {
    /// A connection over it.
    type Connection<'n>: Connection
    where
        Self: 'n;

    /// Joins the network and gets an address.
    ///
    /// # Errors
    ///
    /// The reason, once it is clear that it will not come up.
    fn bring_up(&mut self) -> impl Future<Output = Result<(), Reason>>;

    /// Milliseconds since 1970, from a time server; `None` when it does not tell.
    fn unix_ms(&mut self) -> impl Future<Output = Option<u64>>;

    /// Opens a connection to the cloud, TLS included. `unix_ms` is the date, for the validity of certificates.
    ///
    /// # Errors
    ///
    /// The reason in a few words.
    fn connect(
        &mut self,
        unix_ms: u64,
    ) -> impl Future<Output = Result<Self::Connection<'_>, Reason>>;
}

/// A connection that stands.
pub trait Connection {
    /// Sends all of these bytes.
    ///
    /// # Errors
    ///
    /// When the connection broke. The answer may be there all the same.
    fn send(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Reason>>;

    /// Waits for bytes of the answer, and gives their number; zero when the server ended it in good order.
    ///
    /// # Errors
    ///
    /// When the connection broke.
    fn receive(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Reason>>;

    /// Ends the connection in good order. It is given a moment, and then dropped.
    fn close(&mut self) -> impl Future<Output = ()>;
}
