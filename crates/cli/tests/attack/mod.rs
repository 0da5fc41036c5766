//! Untrusted input: files changed at random, and files made to fill the memory.
//!
//! Whatever is in them: an answer of finite numbers or one clear refusal, no panic, no abort, at most
//! one GiB of memory. `ULMFIT_ATTACKS=500` makes so many of each kind, `ULMFIT_ATTACK_SEED` others;
//! without, there are few, and always the same.

mod bombs;
mod models;
pub(crate) mod parquet_files;

use crate::common::Place;
use std::collections::BTreeMap;
use std::fs;
use wait4::Wait4;

/// Memory that the program may take, whatever it is given.
const MEMORY: u64 = 1 << 30;

/// Attacks of a kind.
fn attacks(usual: usize) -> usize {
    setting("ULMFIT_ATTACKS").map_or(usual, |count| count as usize)
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// Numbers that look random (a linear congruential generator).
struct Random(u64);

impl Random {
    fn new(kind: u64) -> Self {
        Self(setting("ULMFIT_ATTACK_SEED").unwrap_or(1) ^ (kind << 32))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    /// Changes, removes, repeats or cuts a few bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                return;
            }
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(40)).min(bytes.len());
            match self.below(12) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, part));
                }
                3 => bytes[at] = 0xff,
                4 => bytes[at] = 0,
                _ => bytes[at] ^= 1 << self.below(8),
            }
        }
    }
}

/// What the attacked program did, counted.
#[derive(Default)]
struct Tally {
    codes: BTreeMap<i32, usize>,
    most_memory: u64,
}

impl Tally {
    /// Runs the program, which may end with one of `codes`; gives the code and what it printed.
    fn run(&mut self, place: &Place, line: &str, codes: &[i32], attack: &str) -> (i32, String) {
        let file = |name| fs::File::create(place.path(name)).unwrap();
        let (out, err) = (file("attack.out"), file("attack.err"));
        let mut child = place.command(line).stdout(out).stderr(err).spawn().unwrap();
        let ended = child.wait4().unwrap();
        let read = |name| String::from_utf8(fs::read(place.path(name)).unwrap()).unwrap();
        let (out, err) = (read("attack.out"), read("attack.err"));
        let what = format!("{attack}: {line}: {:?}\n{err}", ended.status);
        let code = ended.status.code().unwrap_or_else(|| panic!("a signal: {what}"));
        assert!(codes.contains(&code), "{what}");
        assert!(!err.contains("panicked") && !err.contains("internal error"), "{what}");
        assert!(code == 0 || err.lines().any(|line| line.starts_with("ulmfit: ")), "{what}");
        assert!(ended.rusage.maxrss < MEMORY, "{} bytes of memory: {what}", ended.rusage.maxrss);
        self.most_memory = self.most_memory.max(ended.rusage.maxrss);
        *self.codes.entry(code).or_default() += 1;
        (code, out)
    }

    #[expect(clippy::print_stdout, reason = "a test tells what it did")]
    fn tell(&self, attacks: usize, kind: &str) {
        let codes: Vec<String> =
            self.codes.iter().map(|(code, count)| format!("{count} x code {code}")).collect();
        let memory = self.most_memory >> 20;
        println!("{attacks} {kind}: {}; at most {memory} MiB", codes.join(", "));
    }
}
