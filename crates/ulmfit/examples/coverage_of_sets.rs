//! How often the promises of `--coverage` and `--max-error` hold, on random halves of predictions.
//!
//! ```sh
//! ulmfit predict MODEL rows.jsonl --echo > predictions.jsonl
//! cargo run --release --example coverage_of_sets -- predictions.jsonl label
//! ```

#![allow(clippy::print_stdout, reason = "its result")]

use std::io::BufRead;
use ulmfit::Key;
use ulmfit::data::labels::{LabelKind, LabelSet, Target};
use ulmfit::decisions::{Calibration, Policy, Rule, Scores, Source};
use ulmfit::text::Direction;

const SPLITS: u64 = 300;
const COVERAGE: f64 = 0.9;
const MOST: f64 = 0.05;

type Rows = Vec<(Vec<f32>, u32)>;

fn read(path: &str, label: &str) -> Result<(Vec<String>, Rows), Box<dyn std::error::Error>> {
    let (mut names, mut rows): (Vec<String>, Vec<(Vec<f32>, String)>) = (Vec::new(), Vec::new());
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let found =
            ["predicted_probabilities", "probabilities"].into_iter().find_map(|n| row.get(n));
        let found = found.and_then(|p| p.as_object()).ok_or("there are no probabilities")?;
        if names.is_empty() {
            names = found.keys().cloned().collect();
        }
        let probabilities = names.iter().map(|n| found[n].as_f64().unwrap_or(0.0) as f32).collect();
        let own = match &row[label] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        rows.push((probabilities, own));
    }
    let class = |own: &String| names.iter().position(|name| name == own).map(|n| n as u32);
    let known = rows.iter().filter_map(|(p, own)| Some((p.clone(), class(own)?))).collect();
    Ok((names.clone(), known))
}

fn calibration(labels: &LabelSet, rows: &[&(Vec<f32>, u32)]) -> Calibration {
    let targets: Vec<Target> = rows.iter().map(|row| Target::Class(row.1)).collect();
    let probabilities: Vec<Vec<f32>> = rows.iter().map(|row| row.0.clone()).collect();
    let scores = Scores::new(labels, &targets, &probabilities);
    Calibration {
        schema: Calibration::SCHEMA,
        model: String::new(),
        precision: "f32".into(),
        directions: vec![Direction::Forward],
        source: Source::Given,
        rows: scores.rows(),
        trained_on: 0,
        scores,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, label] = &arguments[..] else { return Err("give predictions and a column".into()) };
    let (names, rows) = read(path, label)?;
    let labels = LabelSet::from_names(LabelKind::Single, names.clone());
    println!("{} rows, {} labels", rows.len(), names.len());
    for calibrated in [50, 100, 200, 400, rows.len() / 2] {
        if calibrated >= rows.len() {
            continue;
        }
        for per_class in [false, true] {
            let rule = Rule::Coverage { share: COVERAGE, per_class };
            let whose = if per_class { "per class" } else { "for all" };
            let (mut covered, mut sizes, mut worst) = (Vec::new(), Vec::new(), Vec::new());
            for split in 0..SPLITS {
                let order = Key::new(split).permutation(rows.len());
                let (own, new) = order.split_at(calibrated);
                let own: Vec<_> = own.iter().map(|&n| &rows[n]).collect();
                let found = calibration(&labels, &own);
                let Ok(policy) = Policy::new(rule, LabelKind::Single, &names, Some(&found)) else {
                    continue;
                };
                let (mut hits, mut size) = (0, 0);
                let mut classes = vec![(0_u32, 0_u32); names.len()];
                for &n in new {
                    let (row, class) = (&rows[n].0, rows[n].1 as usize);
                    let set = policy.answer(row).set.unwrap_or_default();
                    let hit = set.contains(&class);
                    hits += usize::from(hit);
                    size += set.len();
                    classes[class].0 += u32::from(hit);
                    classes[class].1 += 1;
                }
                covered.push(hits as f64 / new.len() as f64);
                sizes.push(size as f64 / new.len() as f64);
                let shares = classes.iter().filter(|class| class.1 > 0);
                let shares = shares.map(|class| f64::from(class.0) / f64::from(class.1));
                worst.push(shares.fold(1.0, f64::min));
            }
            println!(
                "{calibrated:>5} rows, {whose}: {} splits, coverage {:.4}, {:.2} labels, worst \
                 class {:.3}",
                covered.len(),
                mean(&covered),
                mean(&sizes),
                mean(&worst)
            );
        }
        let (mut kept, mut answered, mut given) = (0, Vec::new(), 0);
        for split in 0..SPLITS {
            let order = Key::new(split).permutation(rows.len());
            let (own, new) = order.split_at(calibrated);
            let own: Vec<_> = own.iter().map(|&n| &rows[n]).collect();
            let found = calibration(&labels, &own);
            let rule = Rule::MaxError(MOST);
            let Ok(policy) = Policy::new(rule, LabelKind::Single, &names, Some(&found)) else {
                continue;
            };
            given += 1;
            let (mut wrong, mut answers) = (0_u32, 0_u32);
            for &n in new {
                let (row, class) = (&rows[n].0, rows[n].1 as usize);
                if !policy.answer(row).abstained {
                    answers += 1;
                    let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
                    wrong += u32::from(best != Some(class));
                }
            }
            kept += usize::from(f64::from(answers) * MOST >= f64::from(wrong));
            answered.push(f64::from(answers) / new.len() as f64);
        }
        println!(
            "{calibrated:>5} rows, at most 5 % errors: {given} of {SPLITS} splits have a threshold, \
             held in {kept}, {:.3} answered",
            mean(&answered)
        );
    }
    Ok(())
}
