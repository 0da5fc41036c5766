//! Scratch memory of products, which is reused by whichever thread needs it next.
//!
//! A training runs one product after the other, but not always on the same thread. A buffer per
//! thread would therefore grow to full size on every thread. The list of free buffers belongs to
//! the process instead: it holds no more buffers than were once in use at the same time.

use super::aligned_buffer::AlignedBuffer;
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers that are not in use, by ascending capacity.
struct FreeList(Mutex<Vec<AlignedBuffer>>);

static FREE: FreeList = FreeList(Mutex::new(Vec::new()));

impl FreeList {
    /// A panic elsewhere leaves the list as it was: each change to it is a single call.
    fn lock(&self) -> MutexGuard<'_, Vec<AlignedBuffer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The smallest buffer with room for `words`; without one, the largest, which is then to grow.
    fn take(&self, words: usize) -> AlignedBuffer {
        let mut free = self.lock();
        let fits = free.partition_point(|buffer| buffer.capacity() < words);
        let largest = free.len().saturating_sub(1);
        if free.is_empty() { AlignedBuffer::default() } else { free.remove(fits.min(largest)) }
    }

    fn give_back(&self, buffer: AlignedBuffer) {
        let mut free = self.lock();
        let place = free.partition_point(|other| other.capacity() < buffer.capacity());
        free.insert(place, buffer);
    }
}

/// Words of arbitrary values; dropping them makes their memory available again.
pub(crate) struct Scratch {
    buffer: AlignedBuffer,
    words: usize,
}

impl Scratch {
    /// Memory for `words` words.
    pub(crate) fn new(words: usize) -> Self {
        if words == 0 {
            return Self { buffer: AlignedBuffer::default(), words };
        }
        let mut buffer = FREE.take(words);
        buffer.with(words);
        Self { buffer, words }
    }
}

impl Deref for Scratch {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.buffer.words()[..self.words]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u32] {
        self.buffer.with(self.words)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.words > 0 {
            FREE.give_back(std::mem::take(&mut self.buffer));
        }
    }
}

/// Calls `work` with a small buffer that this thread keeps: a block of the left matrix.
pub(super) fn with_block<R>(work: impl FnOnce(&mut AlignedBuffer) -> R) -> R {
    thread_local! {
        static BLOCK: RefCell<AlignedBuffer> = RefCell::default();
    }
    BLOCK.with_borrow_mut(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacities(list: &FreeList) -> Vec<usize> {
        list.lock().iter().map(AlignedBuffer::capacity).collect()
    }

    fn take(list: &FreeList, words: usize) -> AlignedBuffer {
        let mut buffer = list.take(words);
        buffer.with(words);
        buffer
    }

    #[test]
    fn a_buffer_is_reused_by_other_threads() {
        let list = FreeList(Mutex::new(Vec::new()));
        for _ in 0..8 {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let (left, right) = (take(&list, 1600), take(&list, 160));
                    list.give_back(left);
                    list.give_back(right);
                });
            });
        }
        assert_eq!(capacities(&list), [160, 1600]);
    }

    #[test]
    fn the_smallest_that_fits_is_taken_and_else_the_largest_grows() {
        let list = FreeList(Mutex::new(Vec::new()));
        let buffers = [160, 1600, 320].map(|words| take(&list, words));
        buffers.into_iter().for_each(|buffer| list.give_back(buffer));
        assert_eq!(list.take(161).capacity(), 320);
        assert_eq!(take(&list, 3200).capacity(), 3200);
        assert_eq!(capacities(&list), [160]);
    }
}
