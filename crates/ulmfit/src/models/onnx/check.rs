//! Texts that show whether a graph answers as the model does, and whether somebody else's tokens are right.

use super::super::classifier_bundle::ClassifierBundle;
use super::Recurrent;
use crate::Error;
use crate::text::special;
use serde_json::{Value, json};
use ulmfit_ops::Key;

/// What is hard about text: nothing at all, marks of the rules, spaces, other scripts, pieces of HTML.
const HARD: [&str; 22] = [
    "",
    " ",
    "a",
    "This is a short text.",
    "I did NOT order this. Please REFUND me!!!",
    "Goooood morning, it's soooo nice here",
    "no no no no, never again",
    "It's 9:30 a.m.; we've paid $1,299.99 (incl. 20% VAT).",
    "Write to someone@example.com or see https://example.com/a?b=c&d=e",
    "First line.\nSecond line.\n\n\nA line after two empty ones.",
    "tabs\tand   several    spaces \u{a0}and a fixed one",
    "&lt;b&gt;bold&lt;/b&gt; &amp; plain <br /> text &quot;quoted&quot;",
    "caf\u{e9} na\u{ef}ve cafe\u{301} \u{fb01}ne",
    "\u{6587}\u{5b57} \u{43a}\u{43d}\u{438}\u{433}\u{430} \u{3b2}\u{3b9}\u{3b2}\u{3bb}\u{3af}\u{3bf} \u{645}\u{631}\u{62d}\u{628}\u{627}",
    "smile \u{1f600}\u{1f600}\u{1f600} and \u{1f44d}\u{1f3fd} :-) <3",
    "snake_case, camelCase, kebab-case and a/b/c #tag @name",
    "don't can't won't we'll they've I'm cannot gonna",
    "WHY IS EVERYTHING IN CAPITALS",
    "Mr. Smith, Ph.D., lives in the U.S. since 1999...",
    "---===*** xxbos xxup xxmaj xxunk ***===---",
    "\u{201c}Quotes\u{201d} \u{2018}of\u{2019} \u{ab}several\u{bb} kinds \u{2013} and dashes \u{2014} too",
    "zqxjkv wvbnmq qwrtpl zzzkkk",
];

/// Numbers of words of texts made of the vocabulary: about the ends of pieces and of the window for pooling.
const LENGTHS: [usize; 10] = [3, 20, 70, 71, 72, 150, 600, 1439, 1512, 2999];

/// Largest difference between two programs that both compute in f32, in the units of the output. Wrong tokens or weights
/// make far larger ones. Batch norm multiplies the rounding of the states by up to some hundreds, where these are nearly
/// alike.
const TOLERANCE: f64 = 1e-4;

impl ClassifierBundle {
    /// `check.json`: 32 texts with tokens, ids and answers.
    pub(super) fn onnx_check(&self) -> Result<Value, Error> {
        let Recurrent { text, networks } = self.for_onnx()?;
        let vocab = text.vocab();
        let words: Vec<&str> = vocab.tokens()[special::ALL.len()..]
            .iter()
            .map(String::as_str)
            .filter(|&token| token != special::FAKE)
            .collect();
        let made = |(n, &length): (usize, &usize)| {
            let draws = Key::new(n as u64).uniform_values(length, 1.0); // -1 to 1
            let word = |draw: &f32| {
                let place = f64::midpoint(f64::from(*draw), 1.0) * words.len() as f64;
                words.get(place as usize).or(words.last()).copied().unwrap_or("a")
            };
            draws.iter().map(word).collect::<Vec<_>>().join(" ")
        };
        let made = LENGTHS.iter().enumerate().map(made);
        let texts: Vec<[String; 1]> =
            HARD.iter().map(|&text| text.to_owned()).chain(made).map(|text| [text]).collect();
        let answers = self.probabilities(&texts, 1)?;
        let output = self.onnx_output();
        let case = |(fields, answer): (&[String; 1], Vec<f32>)| {
            let ids = text.encode(fields);
            let tokens: Vec<&str> = ids.iter().map(|&id| vocab.token(id)).collect();
            json!({ "text": fields[0], "tokens": tokens, "ids": ids, output: answer })
        };
        let scale = networks[0].1.config().target_scale;
        Ok(json!({
            "schema": 1,
            "output": output,
            "labels": self.labels.names(),
            "tolerance": scale.map_or(1.0, |scale| scale.sd + scale.mean.abs() / 10.0) * TOLERANCE,
            "padding": special::PAD_ID,
            "cases": texts.iter().zip(answers).map(case).collect::<Vec<_>>(),
        }))
    }
}
