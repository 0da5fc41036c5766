//! The memory of answers that their clients have not read yet.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of an answer that are passed on at a time. More are asked for when most of these are on their way, so a large
/// answer is held until its client has read most of it.
pub(super) const PIECE: usize = 64 << 10;

/// The memory of all large answers together.
pub(crate) struct Unread {
    left: Arc<Semaphore>,
    /// All of it.
    kib: usize,
}

/// The memory of an answer, given back when it is sent or its client has gone.
#[derive(Clone)]
pub(crate) struct Unsent {
    _memory: Arc<OwnedSemaphorePermit>,
}

impl Unread {
    pub(crate) fn new(kib: usize) -> Self {
        let kib = kib.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self { left: Arc::new(Semaphore::new(kib)), kib }
    }

    /// Whether an answer of so many bytes is counted. The small ones are limited by the number of connections.
    pub(crate) fn counts(bytes: u64) -> bool {
        bytes > PIECE as u64
    }

    /// Memory for an answer; `None` if others hold too much. An answer that is larger than all memory can be alone.
    pub(crate) fn take(&self, bytes: u64) -> Option<Unsent> {
        let memory = Arc::clone(&self.left).try_acquire_many_owned(self.permits(bytes)).ok()?;
        Some(Unsent { _memory: Arc::new(memory) })
    }

    /// Waits for the memory for an answer, which streams do instead of failing. `None` does not happen: there is
    /// memory as long as there is a server.
    pub(crate) async fn wait_for(&self, bytes: u64) -> Option<Unsent> {
        let memory = Arc::clone(&self.left).acquire_many_owned(self.permits(bytes)).await.ok()?;
        Some(Unsent { _memory: Arc::new(memory) })
    }

    fn permits(&self, bytes: u64) -> u32 {
        usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX).min(self.kib) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_share_the_memory_and_a_larger_one_is_alone() {
        let memory = Unread::new(100);
        let first = memory.take(60 << 10).unwrap();
        assert!(memory.take(41 << 10).is_none());
        let second = memory.take(40 << 10).unwrap();
        drop((first, second));
        let alone = memory.take(1 << 40).unwrap();
        assert!(memory.take(1).is_none());
        drop(alone);
        assert!(memory.take(1).is_some());
        assert!(!Unread::counts(PIECE as u64));
    }
}
