//! Made-up reviews, so that every example runs without any file.

/// Texts with their labels: `good` and `bad` in turn.
pub(crate) fn reviews(count: usize) -> impl Iterator<Item = (String, &'static str)> {
    const NOUNS: [&str; 5] = ["film", "book", "story", "play", "song"];
    const PARTS: [&str; 7] = ["cast", "plot", "ending", "score", "scene", "voice", "joke"];
    const GOOD: [&str; 5] = ["lovely", "superb", "charming", "brilliant", "fresh"];
    const BAD: [&str; 5] = ["dull", "broken", "awful", "stale", "dreadful"];
    (0..count).map(|row| {
        let (label, words) = if row % 2 == 0 { ("good", GOOD) } else { ("bad", BAD) };
        let (noun, part) = (NOUNS[row / 2 % 5], PARTS[row / 3 % 7]);
        let (first, second) = (words[row / 5 % 5], words[row / 11 % 5]);
        (format!("a {first} {noun} with a {second} {part}"), label)
    })
}
