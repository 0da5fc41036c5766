//! The few words of pickle protocol 2 that our exports need.

/// Writes one pickle; the caller keeps the stack in mind.
#[derive(Debug)]
pub(super) struct PickleWriter {
    bytes: Vec<u8>,
}

impl PickleWriter {
    pub(super) fn new() -> Self {
        Self { bytes: b"\x80\x02".to_vec() }
    }

    pub(super) fn mark(&mut self) {
        self.bytes.push(b'(');
    }

    pub(super) fn tuple_from_mark(&mut self) {
        self.bytes.push(b't');
    }

    /// Adds everything above the mark to the list below it.
    pub(super) fn append_from_mark(&mut self) {
        self.bytes.push(b'e');
    }

    /// Adds keys and values above the mark to the dictionary below it.
    pub(super) fn set_from_mark(&mut self) {
        self.bytes.push(b'u');
    }

    pub(super) fn empty_list(&mut self) {
        self.bytes.push(b']');
    }

    /// Calls the function below the tuple on top.
    pub(super) fn call(&mut self) {
        self.bytes.push(b'R');
    }

    /// Turns the tuple on top into a reference out of the pickle.
    pub(super) fn persistent(&mut self) {
        self.bytes.push(b'Q');
    }

    pub(super) fn global(&mut self, module: &str, name: &str) {
        self.bytes.extend(format!("c{module}\n{name}\n").bytes());
    }

    pub(super) fn ordered_dict(&mut self) {
        self.global("collections", "OrderedDict");
        self.bytes.extend(b")R");
    }

    pub(super) fn no(&mut self) {
        self.bytes.push(0x89);
    }

    pub(super) fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).expect("a token or a name");
        self.bytes.push(b'X');
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(text.bytes());
    }

    pub(super) fn integer(&mut self, value: usize) {
        self.bytes.extend(b"\x8a\x08"); // a `long` of eight bytes
        self.bytes.extend((value as u64).to_le_bytes());
    }

    pub(super) fn integers(&mut self, values: &[usize]) {
        self.mark();
        for &value in values {
            self.integer(value);
        }
        self.tuple_from_mark();
    }

    pub(super) fn texts(&mut self, texts: &[String]) {
        self.empty_list();
        self.mark();
        for text in texts {
            self.text(text);
        }
        self.append_from_mark();
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'.');
        self.bytes
    }
}
