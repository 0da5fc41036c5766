//! Words that begin where a cache line does, and buffers of them that are used again.

use std::cell::RefCell;

/// 64 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u32; Line::WORDS]);

impl Line {
    const WORDS: usize = 16;
}

/// A buffer whose rows of vectors never straddle two cache lines.
#[derive(Default)]
pub(super) struct Lines(Vec<Line>);

impl Lines {
    /// At least so many words, of any value.
    pub(super) fn with(&mut self, words: usize) -> &mut [u32] {
        let lines = words.div_ceil(Line::WORDS);
        if self.0.len() < lines {
            self.0.clear(); // nothing to move
            self.0.resize(lines, Line([0; Line::WORDS]));
        }
        &mut self.words_mut()[..words]
    }

    pub(super) fn words(&self) -> &[u32] {
        #[expect(unsafe_code, reason = "an aligned array is still an array")]
        // SAFETY: a line is 16 words without gaps.
        unsafe {
            std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * Line::WORDS)
        }
    }

    fn words_mut(&mut self) -> &mut [u32] {
        #[expect(unsafe_code, reason = "an aligned array is still an array")]
        // SAFETY: a line is 16 words without gaps.
        unsafe {
            std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * Line::WORDS)
        }
    }
}

/// The same bits as numbers.
pub(super) fn as_floats(words: &mut [u32]) -> &mut [f32] {
    #[expect(unsafe_code, reason = "every pattern of 32 bits is a float")]
    // SAFETY: same size, same alignment, no invalid values; the borrow is handed on.
    unsafe {
        std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len())
    }
}

/// Calls `work` with two buffers of this thread, which keep their memory for the next call.
pub(super) fn with_scratch<R>(work: impl FnOnce(&mut Lines, &mut Lines) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<[Lines; 2]> = RefCell::default();
    }
    // Taken out, since `work` may run another product on this thread while it waits for others.
    let [mut a, mut b] = SCRATCH.take();
    let result = work(&mut a, &mut b);
    SCRATCH.set([a, b]);
    result
}

/// Calls `work` with a small buffer of this thread, which keeps its memory for the next call.
pub(super) fn with_block<R>(work: impl FnOnce(&mut Lines) -> R) -> R {
    thread_local! {
        static BLOCK: RefCell<Lines> = RefCell::default();
    }
    BLOCK.with_borrow_mut(work)
}
