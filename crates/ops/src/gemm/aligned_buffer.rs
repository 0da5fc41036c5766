//! Buffers of words that begin on a cache line.

/// The words of one cache line: 64 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct CacheLine([u32; CacheLine::WORDS]);

impl CacheLine {
    const WORDS: usize = 16;
}

/// A buffer that begins on a cache line, so that no vector in it straddles two of them.
#[derive(Default)]
pub(super) struct AlignedBuffer(Vec<CacheLine>);

impl AlignedBuffer {
    /// The first `words` words, with arbitrary values; the buffer grows if it has fewer.
    pub(super) fn with(&mut self, words: usize) -> &mut [u32] {
        if self.capacity() < words {
            self.0 = Vec::new(); // frees the old memory before the new is allocated
            self.0 = vec![CacheLine([0; CacheLine::WORDS]); words.div_ceil(CacheLine::WORDS)];
        }
        &mut self.words_mut()[..words]
    }

    /// Words it holds without growing.
    pub(super) fn capacity(&self) -> usize {
        self.0.len() * CacheLine::WORDS
    }

    /// All words.
    pub(super) fn words(&self) -> &[u32] {
        #[expect(unsafe_code, reason = "an aligned array is still an array")]
        // SAFETY: a cache line is 16 words without padding.
        unsafe {
            std::slice::from_raw_parts(self.0.as_ptr().cast(), self.capacity())
        }
    }

    /// All words, to write.
    pub(super) fn words_mut(&mut self) -> &mut [u32] {
        #[expect(unsafe_code, reason = "an aligned array is still an array")]
        // SAFETY: a cache line is 16 words without padding, and the borrow is exclusive.
        unsafe {
            std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.capacity())
        }
    }
}

/// The same bits as `f32` values.
pub(crate) fn as_floats(words: &mut [u32]) -> &mut [f32] {
    #[expect(unsafe_code, reason = "every pattern of 32 bits is a float")]
    // SAFETY: same size, same alignment, no invalid values; the result keeps the borrow.
    unsafe {
        std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len())
    }
}

/// The bits of `f32` values.
pub(super) fn as_words(floats: &[f32]) -> &[u32] {
    #[expect(unsafe_code, reason = "every float is a pattern of 32 bits")]
    // SAFETY: same size, same alignment, no invalid values; the result keeps the borrow.
    unsafe {
        std::slice::from_raw_parts(floats.as_ptr().cast(), floats.len())
    }
}
