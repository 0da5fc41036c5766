//! Which clients are waited for, so that one of them can make room for a new one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A client that was waited for less than this keeps its connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// All clients that are waited for.
#[derive(Default)]
pub(super) struct Idle(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    /// The last number that was given.
    last: u64,
    /// Since when each is waited for, the longest first.
    waiting: BTreeMap<u64, (Instant, Arc<Seat>)>,
}

/// What a connection and the queue know of each other.
#[derive(Default)]
struct Seat {
    places: Mutex<Places>,
    told: Notify,
}

#[derive(Default)]
struct Places {
    /// Its number in the queue, while it is waited for.
    at: Option<u64>,
    /// The number that it had when it was told to close.
    closing: Option<u64>,
    /// Whether it is to send something.
    to_send: bool,
    /// Whether it is to read something.
    to_read: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Idle {
    /// Tells the connection that has waited longest for its client to close, if that is long enough.
    /// Returns when to ask again, should no place be free until then.
    pub(super) fn close_longest(&self, now: Instant) -> Duration {
        let mut queue = lock(&self.0);
        let Some(first) = queue.waiting.first_entry() else { return PATIENCE / 4 };
        let left = PATIENCE.saturating_sub(now.saturating_duration_since(first.get().0));
        if !left.is_zero() {
            return left.min(PATIENCE / 4); // a place may be given back before
        }
        let (number, (_, seat)) = first.remove_entry();
        drop(queue);
        lock(&seat.places).closing = Some(number);
        seat.told.notify_one();
        PATIENCE / 4
    }
}

/// A client, as its connection sees it.
pub(super) struct Client {
    idle: Arc<Idle>,
    seat: Arc<Seat>,
}

impl Client {
    /// A client that has just connected: its request is waited for.
    pub(super) fn new(idle: &Arc<Idle>) -> Arc<Self> {
        let client = Arc::new(Self { idle: Arc::clone(idle), seat: Arc::default() });
        client.is_to_send(true);
        client
    }

    /// Whether it is waited for to send something.
    pub(super) fn is_to_send(&self, is: bool) {
        self.change(|places| places.to_send = is);
    }

    /// Whether it is waited for to read something.
    pub(super) fn is_to_read(&self, is: bool) {
        self.change(|places| places.to_read = is);
    }

    fn change(&self, change: impl FnOnce(&mut Places)) {
        let mut queue = lock(&self.idle.0);
        let mut places = lock(&self.seat.places);
        change(&mut places);
        match (places.to_send || places.to_read, places.at) {
            (true, None) => {
                queue.last += 1;
                let number = queue.last;
                queue.waiting.insert(number, (Instant::now(), Arc::clone(&self.seat)));
                places.at = Some(number);
            }
            (false, Some(number)) => {
                queue.waiting.remove(&number);
                places.at = None;
            }
            _ => {}
        }
    }

    /// It has sent a request. It is waited for again when the answer is dropped.
    pub(super) fn request(self: &Arc<Self>) -> Answering {
        self.change(|places| (places.to_send, places.to_read) = (false, false));
        Answering(Arc::clone(self))
    }

    /// Waits until its connection is to be closed; not if it has sent something since.
    pub(super) async fn dismissed(&self) {
        loop {
            self.seat.told.notified().await;
            let places = lock(&self.seat.places);
            if places.at.is_some() && places.at == places.closing {
                return;
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.change(|places| (places.to_send, places.to_read) = (false, false));
    }
}

/// A request that is being answered.
pub(super) struct Answering(Arc<Client>);

impl Answering {
    pub(super) fn client(&self) -> &Client {
        &self.0
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.change(|places| (places.to_send, places.to_read) = (true, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(client: &Client) -> bool {
        let places = lock(&client.seat.places);
        places.at.is_some() && places.at == places.closing
    }

    #[test]
    fn the_client_that_is_waited_for_longest_makes_room() {
        let idle = Arc::default();
        let [first, second, third, gone] = [(); 4].map(|()| Client::new(&idle));
        drop(gone);
        let busy = second.request();
        assert_eq!(idle.close_longest(Instant::now()), PATIENCE / 4);
        assert!(!is_told(&first), "it may think for a while");
        let later = Instant::now() + PATIENCE;
        idle.close_longest(later);
        assert!(is_told(&first) && !is_told(&third));
        idle.close_longest(later);
        assert!(is_told(&third));
        idle.close_longest(later);
        assert!(!is_told(&second), "it is being answered");
        drop(busy);
        idle.close_longest(Instant::now() + PATIENCE);
        assert!(is_told(&second), "and then waited for again");
    }

    #[test]
    fn who_sends_at_the_last_moment_stays() {
        let idle = Arc::default();
        let client = Client::new(&idle);
        idle.close_longest(Instant::now() + PATIENCE);
        let busy = client.request();
        assert!(!is_told(&client));
        drop(busy);
        assert!(!is_told(&client), "that was about an earlier wait");
    }

    #[test]
    fn who_sends_and_does_not_read_is_waited_for() {
        let idle = Arc::default();
        let client = Client::new(&idle);
        let busy = client.request();
        client.is_to_read(true);
        client.is_to_send(true);
        client.is_to_send(false);
        idle.close_longest(Instant::now() + PATIENCE);
        assert!(is_told(&client));
        client.is_to_read(false);
        assert!(!is_told(&client), "it has read at the last moment");
        drop(busy);
    }
}
