//! Model folders with changed files and hashes that agree with them.

use super::{Random, Tally, attacks};
use crate::common::Place;
use serde_json::Value;
use ulmfit::checkpoint::{FolderWriter, ModelFolder, Overwrite};

/// Numbers that weights may hold.
const ABSURD: [f32; 8] =
    [f32::MAX, f32::MIN, 1e30, -1e30, -1.0, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY];

/// What may stand in place of a value of JSON.
const VALUES: [&str; 16] = [
    "0",
    "-1",
    "1",
    "2147483648",
    "18446744073709551616",
    "1e308",
    "-1e308",
    "0.5",
    "null",
    "true",
    "\"\"",
    "\"single\"",
    "[]",
    "{}",
    "\"\\u001b[2J\"",
    "[0,0]",
];

fn change_json(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut document: Value = serde_json::from_slice(bytes).unwrap();
    change_value(random, &mut document);
    *bytes = serde_json::to_vec(&document).unwrap();
}

/// Goes down to a part of the value and changes, removes or repeats it.
fn change_value(random: &mut Random, value: &mut Value) {
    let parts = match value {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    let action = if parts == 0 { 0 } else { random.below(8) };
    let at = random.below(parts.max(1));
    match (value, action) {
        (value, 0) => *value = serde_json::from_str(random.of(&VALUES)).unwrap(),
        (Value::Object(map), 1) => {
            let name = map.keys().nth(at).unwrap().clone();
            map.remove(&name);
        }
        (Value::Array(list), 1) => drop(list.remove(at)),
        (Value::Array(list), 2) => list.push(list[at].clone()),
        (Value::Object(map), _) => change_value(random, map.values_mut().nth(at).unwrap()),
        (Value::Array(list), _) => change_value(random, &mut list[at]),
        (_, _) => unreachable!("other values have no parts"),
    }
}

fn change_weights(random: &mut Random, bytes: &mut [u8]) {
    let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for _ in 0..=random.below(3) {
        let weights = (bytes.len() - start) / 4;
        let at = start + 4 * random.below(weights);
        let value = match random.below(3) {
            0 => f32::from_bits(random.below(1 << 31) as u32 | (random.below(2) as u32) << 31),
            _ => ABSURD[random.below(ABSURD.len())],
        };
        let count = [1, 1, 40, weights][random.below(4)];
        for bytes in bytes[at..].chunks_exact_mut(4).take(count) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    }
}

/// A copy of a model with one file changed; gives what was done.
fn attack(place: &Place, model: &str, random: &mut Random) -> String {
    let folder = ModelFolder::open(&place.path(model)).unwrap();
    let mut writer = FolderWriter::create(&place.path("attacked"), Overwrite::Replace).unwrap();
    let names: Vec<&str> = folder.files().map(|(name, _)| name).collect();
    let weights = "model.safetensors";
    let target = if random.below(3) == 0 { weights } else { random.of(&names) };
    let how = random.below(3);
    for name in names {
        let mut bytes = folder.read(name).unwrap();
        if name == target {
            match how {
                0 | 1 if name == weights => change_weights(random, &mut bytes),
                0 | 1 if name.split('.').next_back() == Some("json") => {
                    change_json(random, &mut bytes);
                }
                _ => random.damage(&mut bytes),
            }
        }
        writer.write(name, &bytes).unwrap();
    }
    writer.finish().unwrap();
    format!("{model}, {target}, way {how}")
}

/// Answers hold numbers only: what is not finite would be `null`.
fn assert_finite(json: &str, what: &str) {
    for line in json.lines() {
        let row: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{what}: {error}"));
        let probabilities =
            row["probabilities"].as_object().unwrap_or_else(|| panic!("{what}: {row}"));
        let sum: f64 = probabilities.values().map(|p| p.as_f64().expect("a number")).sum();
        assert!(row["confidence"].is_number(), "{what}: {row}");
        assert!((sum - 1.0).abs() < 1e-3, "{what}: {row}");
    }
}

#[test]
fn changed_model_folders_answer_or_are_refused() {
    let place = Place::new();
    place.run("fit train.csv --test test.csv --method tfidf -o ngrams").ok();
    for model in ["classifier", "ngrams"] {
        let sound = place.run(&format!("predict {model} test.csv")).ok();
        assert_finite(&sound, "sound");
    }
    let (mut random, mut tally) = (Random::new(1), Tally::default());
    let count = attacks(24);
    for number in 0..count {
        // one in three, as it has no other precisions
        let model = if number % 3 == 0 { "ngrams" } else { "classifier" };
        let attack = format!("attack {number}, {}", attack(&place, model, &mut random));
        let precision = ["f32", "bf16", "int8"][number / 3 % 3];
        let codes = [0, 1, 65];
        let predict = format!("predict attacked test.csv --precision {precision}");
        let (code, answers) = tally.run(&place, &predict, &codes, &attack);
        if code == 0 {
            assert_finite(&answers, &attack);
        }
        let (code, scores) =
            tally.run(&place, "evaluate attacked test.csv --json", &codes, &attack);
        if code == 0 {
            let scores: Value = serde_json::from_str(&scores).unwrap();
            assert!(
                scores["loss"].is_number() && scores["accuracy"].is_number(),
                "{attack}: {scores}"
            );
        }
        tally.run(&place, "inspect attacked --json", &codes, &attack);
        let (code, _) = tally.run(&place, "export compact attacked -o compact", &codes, &attack);
        if code == 0 {
            std::fs::remove_dir_all(place.path("compact")).unwrap();
        }
    }
    tally.tell(count, "changed model folders, 4 commands each");
}
