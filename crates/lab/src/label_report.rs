//! What a learning curve says.

use crate::label_curve::{LabelCurveOptions, LabelMethod};
use crate::result_log::RunResult;
use serde::Serialize;
use std::fmt::{self, Write};
use ulmfit::report::statistics::{CurveRun, Estimate, LearningCurve, Spread};
use ulmfit::report::svg::{LabelSeries, label_curve};
use ulmfit::report::{Table, percent};
use ulmfit_ops::Key;

/// Errors of each way to learn at each number of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelCurveReport {
    /// Test rows, the same for all.
    pub scored: usize,
    /// Texts that the semi-supervised language model was fine-tuned on; `None` if that was done before.
    pub texts: Option<usize>,
    /// The recipe.
    pub recipe: String,
    /// Roots of the runs' randomness.
    pub seeds: Vec<u64>,
    /// One a way and number.
    pub points: Vec<LabelRow>,
    /// One a way.
    pub curves: Vec<MethodCurve>,
}

/// A way to learn at a number of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelRow {
    /// The way.
    pub method: LabelMethod,
    /// The number.
    pub labels: usize,
    /// Error of its runs.
    pub error: Spread,
    /// Error of each.
    pub errors: Vec<f64>,
}

/// The law of a way to learn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodCurve {
    /// The way.
    pub method: LabelMethod,
    /// The power law and what it predicts; `None` for a single number of labels.
    pub curve: Option<LearningCurve>,
    /// How much more labels would help, as a sentence.
    pub words: String,
}

/// More labels than this many times those tried are not worth a number.
const FAR: f64 = 100.0;

impl LabelCurveReport {
    pub(crate) fn new(
        cells: &[(LabelMethod, RunResult)],
        counts: &[usize],
        texts: Option<usize>,
        options: &LabelCurveOptions,
    ) -> Self {
        let scored = cells.first().map_or(0, |(_, cell)| cell.rows);
        let mut points = Vec::new();
        for &labels in counts {
            for &method in &options.methods {
                let of = cells.iter().filter(|(m, cell)| *m == method && cell.labels == labels);
                let errors: Vec<f64> = of.map(|(_, cell)| cell.error).collect();
                if let Some(error) = Spread::from_runs(&errors) {
                    points.push(LabelRow { method, labels, error, errors });
                }
            }
        }
        let curve = |method| {
            let of = cells.iter().filter(|(m, _)| *m == method);
            let place = |seed| options.seeds.iter().position(|s| *s == seed).unwrap_or(0);
            let run = |(_, cell): &(LabelMethod, RunResult)| CurveRun {
                labels: cell.labels,
                seed: place(cell.seed),
                wrong: cell.wrong.clone(),
            };
            let runs: Vec<CurveRun> = of.map(run).collect();
            let curve = LearningCurve::new(&runs, scored, &Key::new(options.classify.seed));
            let words = words(curve.as_ref(), scored);
            MethodCurve { method, curve, words }
        };
        let curves = options.methods.iter().map(|&method| curve(method)).collect();
        let (recipe, seeds) = (options.recipe.name.clone(), options.seeds.clone());
        Self { scored, texts, recipe, seeds, points, curves }
    }

    /// The picture.
    pub fn svg(&self) -> String {
        let series = self.curves.iter().map(|MethodCurve { method, curve, .. }| {
            let of = || self.points.iter().filter(|point| point.method == *method);
            let runs = |point: &LabelRow| {
                let labels = point.labels as f64;
                point.errors.iter().map(|&error| (labels, error)).collect::<Vec<_>>()
            };
            LabelSeries {
                name: method.name().to_owned(),
                means: of().map(|point| (point.labels as f64, point.error.mean)).collect(),
                runs: of().flat_map(runs).collect(),
                law: curve.as_ref().map(|curve| curve.law),
            }
        });
        label_curve(&series.collect::<Vec<_>>()).to_string()
    }

    /// The same for a page; the picture is `labels.svg` beside it.
    pub fn markdown(&self) -> String {
        format!("# Error over labels\n\n![error over labels](labels.svg)\n\n```\n{self}```\n")
    }
}

impl fmt::Display for LabelCurveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(["labels", "method", "error", "sd", "range"]);
        for LabelRow { method, labels, error, .. } in &self.points {
            table.row([
                labels.to_string(),
                method.name().to_owned(),
                percent(error.mean),
                error.sd.map_or("-".to_owned(), percent),
                format!("{}-{}", percent(error.min), percent(error.max)),
            ]);
        }
        let (scored, seeds) = (self.scored, self.seeds.len());
        writeln!(f, "{table}")?;
        writeln!(
            f,
            "Error in per cent of the same {scored} test rows: mean, standard deviation and range of \
             {seeds} seed{}.",
            if seeds == 1 { "" } else { "s" }
        )?;
        if let Some(texts) = self.texts {
            writeln!(f, "Semi-supervised: the language model learned all {texts} texts.")?;
        }
        writeln!(f)?;
        for MethodCurve { method, words, .. } in &self.curves {
            writeln!(f, "{}: {words}", method.name())?;
        }
        Ok(())
    }
}

/// A percentage with its interval.
fn interval(Estimate { value, ci95: [low, high] }: Estimate) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), percent);
    format!("{} % ({} to {})", percent(value), end(low), end(high))
}

/// Wrong answers to the test rows that a forecast needs: an interval that is drawn from fewer is too narrow.
const FEWEST_WRONG: f64 = 5.0;

/// How much more labels would help, by errors on so many test rows.
fn words(curve: Option<&LearningCurve>, rows: usize) -> String {
    let Some(curve) = curve else {
        return "a single number of labels says nothing of others".into();
    };
    let LearningCurve { law, labels, now, twice, four_times, .. } = curve;
    if (*now * rows as f64).round() < FEWEST_WRONG {
        return format!(
            "{rows} test rows are too few for a forecast, as fewer than {FEWEST_WRONG} of them are wrong with \
             {labels} labels. Give more test rows."
        );
    }
    let mut words = format!("error = {:.1} % · n^-{:.3}", 100.0 * law.a, law.b).replace("^--", "^");
    if law.c > 0.0 {
        let _ = write!(words, " + {:.2} %", 100.0 * law.c);
    }
    let _ = write!(
        words,
        "; on this curve {} % at {labels} labels, twice as many would give {}, four times {} (95 %); ",
        percent(*now),
        interval(*twice),
        interval(*four_times),
    );
    let far = FAR * *labels as f64;
    let near = |number: Option<f64>| number.filter(|&number| number <= far);
    let [low, high] = curve.to_halve_ci95;
    let rounded = |number: f64| format!("{:.0}", number.ceil());
    let last = match (near(curve.to_halve), near(low), near(high)) {
        (Some(number), Some(low), Some(high)) => {
            let [number, low, high] = [number, low, high].map(rounded);
            format!("half the error takes about {number} labels ({low} to {high})")
        }
        (_, Some(low), _) => {
            let low = rounded(low);
            format!(
                "half the error takes at least {low} labels; these runs cannot tell how many more"
            )
        }
        _ => format!("half the error is out of sight: not within {} labels", rounded(far)),
    };
    words + &last + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::report::statistics::PowerLaw;

    fn curve(high: Option<f64>) -> LearningCurve {
        let estimate = |value| Estimate { value, ci95: [Some(0.1), Some(0.2)] };
        LearningCurve {
            law: PowerLaw { a: 2.0, b: 0.5, c: 0.0 },
            b_ci95: [Some(0.4), Some(0.6)],
            labels: 400,
            now: 0.1,
            twice: estimate(0.07),
            four_times: estimate(0.05),
            to_halve: Some(1600.0),
            to_halve_ci95: [Some(900.0), high],
        }
    }

    #[test]
    fn what_the_runs_cannot_tell_is_not_told() {
        let words = |curve: Option<&LearningCurve>| super::words(curve, 200);
        let sure = words(Some(&curve(Some(4000.0))));
        assert!(sure.ends_with("half the error takes about 1600 labels (900 to 4000)."), "{sure}");
        for high in [None, Some(1e9)] {
            let unsure = words(Some(&curve(high)));
            assert!(
                unsure
                    .ends_with("takes at least 900 labels; these runs cannot tell how many more."),
                "{unsure}"
            );
        }
        let hopeless = LearningCurve { to_halve: None, to_halve_ci95: [None; 2], ..curve(None) };
        assert!(words(Some(&hopeless)).ends_with("not within 40000 labels."));
        let rising = LearningCurve { law: PowerLaw { a: 0.1, b: -0.2, c: 0.01 }, ..curve(None) };
        assert!(words(Some(&rising)).starts_with("error = 10.0 % · n^0.200 + 1.00 %; "));
        let few = super::words(Some(&curve(None)), 44);
        assert!(few.starts_with("44 test rows are too few for a forecast"), "{few}");
    }
}
