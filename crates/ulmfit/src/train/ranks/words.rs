//! Numbers and texts as words of 32 bits.

/// Writes words.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u32>);

impl Writer {
    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend([value as u32, (value >> 32) as u32]);
    }

    pub(super) fn count(&mut self, value: usize) {
        self.u64(value as u64);
    }

    pub(super) fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    pub(super) fn f32s(&mut self, values: &[f32]) {
        self.0.extend(values.iter().map(|value| value.to_bits()));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        let word =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        self.0.extend(bytes.chunks(4).map(word));
    }
}

/// Reads what [`Writer`] wrote, in the same order.
///
/// # Panics
/// When it ends before: the ranks run the same program, so that is a bug.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u32]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, words: usize) -> &'a [u32] {
        let (taken, rest) = self.0.split_at(words);
        self.0 = rest;
        taken
    }

    pub(super) fn u64(&mut self) -> u64 {
        let words = self.take(2);
        u64::from(words[0]) | u64::from(words[1]) << 32
    }

    pub(super) fn count(&mut self) -> usize {
        self.u64() as usize
    }

    pub(super) fn f64(&mut self) -> f64 {
        f64::from_bits(self.u64())
    }

    pub(super) fn f32s(&mut self, count: usize) -> Vec<f32> {
        self.take(count).iter().map(|&bits| f32::from_bits(bits)).collect()
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let count = self.count();
        let words = self.take(count.div_ceil(4));
        words.iter().flat_map(|word| word.to_le_bytes()).take(count).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
