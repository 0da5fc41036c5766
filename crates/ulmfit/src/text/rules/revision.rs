//! A text that a rule writes, and where each byte of it comes from.

use std::fmt;
use std::ops::Range;

use crate::text::chars;

/// A text that a rule writes from another one.
///
/// If it is told to [track](Self::track), it also notes which bytes of the other text each of its
/// own stands for: a slice of the other text stands for itself, anything else for what was left
/// out between the slices around it. Rules need not know.
#[derive(Debug, Default)]
pub(in crate::text) struct Revision {
    text: String,
    track: Option<Track>,
}

#[derive(Debug)]
struct Track {
    /// Address of the text that is revised, and its length.
    from: usize,
    length: usize,
    /// For each byte the bytes it stands for, as far as that is known.
    ranges: Vec<(u32, u32)>,
    /// End of the last slice that was taken.
    taken: usize,
}

impl Revision {
    /// An empty text; `from` is the one that is revised if that is to be tracked.
    pub(super) fn start(mut text: String, from: Option<&str>) -> Self {
        text.clear();
        let track = from.map(|from| Track {
            from: from.as_ptr() as usize,
            length: from.len(),
            ranges: Vec::with_capacity(from.len()),
            taken: 0,
        });
        Self { text, track }
    }

    /// The text and, if it was tracked, the bytes of the old one that each byte stands for.
    pub(super) fn finish(mut self) -> (String, Option<Vec<(u32, u32)>>) {
        let ranges = self.track.take().map(|mut track| {
            track.fill(self.text.len(), track.length);
            track.ranges
        });
        (self.text, ranges)
    }

    #[cfg(test)]
    pub(in crate::text) fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends a text: a slice of the old one, or something new.
    pub(in crate::text) fn push_str(&mut self, text: &str) {
        if let Some(track) = &mut self.track
            && let Some(place) = track.place(text)
        {
            track.fill(self.text.len(), place.start);
            track.ranges.extend(place.clone().map(|at| (at as u32, at as u32 + 1)));
            track.taken = place.end;
        }
        self.text.push_str(text);
    }

    /// Appends a new character.
    pub(in crate::text) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    /// Appends a slice of the old text in small letters.
    pub(super) fn push_lower(&mut self, text: &str) {
        let start = self.text.len();
        chars::push_lower(text, &mut self.text);
        let Some(track) = &mut self.track else { return };
        let Some(place) = track.place(text) else { return };
        track.fill(start, place.start);
        // a small letter may have another length; only one is two characters
        let mut small = self.text[start..].chars();
        for (at, c) in text.char_indices() {
            let from = (place.start + at) as u32;
            let range = (from, from + c.len_utf8() as u32);
            let written = small.by_ref().take(if c == 'İ' { 2 } else { 1 });
            let bytes: usize = written.map(char::len_utf8).sum();
            track.ranges.extend(std::iter::repeat_n(range, bytes));
        }
        track.taken = place.end;
    }
}

impl Track {
    /// Where a slice of the old text is in it.
    fn place(&self, text: &str) -> Option<Range<usize>> {
        let start = (text.as_ptr() as usize).checked_sub(self.from)?;
        let end = start + text.len();
        // what was passed already is not taken twice
        (!text.is_empty() && start >= self.taken && end <= self.length).then_some(start..end)
    }

    /// What was written without a source, up to `length`, stands for what was left out up to
    /// `next`.
    fn fill(&mut self, length: usize, next: usize) {
        self.ranges.resize(length, (self.taken as u32, next as u32));
    }
}

impl fmt::Write for Revision {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

/// What `later` stands for, whose text stands for `earlier` in turn: ranges of the first text.
pub(super) fn compose(earlier: &[(u32, u32)], later: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let end = earlier.iter().map(|range| range.1).max().unwrap_or(0);
    let through = |(from, to): (u32, u32)| {
        let covered = &earlier[from as usize..to as usize];
        match covered.iter().map(|range| range.0).min() {
            Some(first) => (first, covered.iter().map(|range| range.1).max().unwrap_or(first)),
            None => {
                let place = earlier.get(from as usize).map_or(end, |range| range.0);
                (place, place)
            }
        }
    };
    later.into_iter().map(through).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn what_is_new_stands_for_what_was_left_out() {
        let old = "goood É";
        let mut new = Revision::start(String::new(), Some(old));
        new.push_str(&old[..1]);
        write!(new, " x 3 o ").unwrap();
        new.push_str(&old[4..6]);
        new.push_lower(&old[6..]);
        let (text, ranges) = new.finish();
        let ranges = ranges.unwrap();
        assert_eq!(text, "g x 3 o d é");
        assert_eq!(ranges.len(), text.len());
        assert_eq!((ranges[0], ranges[1], ranges[7], ranges[8]), ((0, 1), (1, 4), (1, 4), (4, 5)));
        assert_eq!(ranges[10..], [(6, 8), (6, 8)]);
        // marks before a word stand for nothing
        let mut newer = Revision::start(String::new(), Some(&text));
        newer.push_str("m ");
        newer.push_str(&text[8..9]);
        let (_, later) = newer.finish();
        assert_eq!(compose(&ranges, later.unwrap()), [(0, 4), (0, 4), (4, 5)]);
        let mut marked = Revision::start(String::new(), Some(&text));
        marked.push('m');
        marked.push_str(&text);
        let found = compose(&ranges, marked.finish().1.unwrap());
        assert_eq!(found[..2], [(0, 0), (0, 1)]);
    }

    #[test]
    fn nothing_is_noted_unless_asked_for() {
        let mut new = Revision::start("rest".into(), None);
        new.push_str("a");
        new.push_lower("B");
        assert_eq!(new.as_str(), "ab");
        assert_eq!(new.finish().1, None);
    }
}
