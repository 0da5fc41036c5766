//! Error against number of labels, drawn from the results: one picture per data set.

use ulmfit::report::statistics::{CurvePoint, PowerLaw};
use ulmfit::report::svg::{LabelSeries, label_curve};

use crate::means;
use crate::results::{Run, distinct};

/// A picture for `docs/pictures/`; `dataset` is [`means::TITLE`] for the means.
pub(crate) struct Picture {
    pub(crate) dataset: String,
    pub(crate) title: String,
    /// Name of its file.
    pub(crate) file: String,
    pub(crate) svg: String,
}

/// Answers that labels do not change have no curve.
const NO_CURVE: &str = "most frequent label";

/// One per data set on which something learned from several numbers of labels.
pub(crate) fn pictures(runs: &[Run]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for dataset in distinct(runs, |run| run.dataset.clone()) {
        let series = series(runs, &dataset);
        if series.is_empty() {
            continue;
        }
        let mut chart = label_curve(&series);
        let title = format!("{dataset}: test error over labels");
        chart.title.clone_from(&title);
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let file = format!("labels-{}.svg", dataset.chars().map(letter).collect::<String>());
        pictures.push(Picture { dataset, title, file, svg: chart.to_string() });
    }
    pictures.extend(of_means(runs));
    pictures
}

/// The means over data sets, of all programs.
fn of_means(runs: &[Run]) -> Option<Picture> {
    let means = means::means(runs)?;
    let line = |(name, errors): (String, Vec<Option<f64>>)| {
        let points = means.labels.iter().zip(errors);
        let points = points.filter_map(|(&labels, error)| Some((labels as f64, error? / 100.0)));
        LabelSeries { name, means: points.collect(), runs: Vec::new(), law: None }
    };
    let lines = means.of.into_iter().filter(|(name, _)| name != NO_CURVE).map(line);
    let mut chart = label_curve(&lines.filter(|line| line.means.len() > 1).collect::<Vec<_>>());
    means::TITLE.clone_into(&mut chart.title);
    Some(Picture {
        dataset: means::TITLE.to_owned(),
        title: format!("{}, {} data sets", means::TITLE, means.sets.len()),
        file: "labels-means.svg".to_owned(),
        svg: chart.to_string(),
    })
}

/// Of one data set.
fn series(runs: &[Run], dataset: &str) -> Vec<LabelSeries> {
    let mut all: Vec<LabelSeries> = Vec::new();
    let mut points: Vec<Vec<CurvePoint>> = Vec::new();
    let of = |run: &&Run| run.dataset == dataset && run.model != NO_CURVE;
    let mut runs: Vec<(&Run, f64)> = runs
        .iter()
        .filter(of)
        .filter_map(|run| run.labels.map(|labels| (run, labels as f64)))
        .collect();
    runs.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (run, labels) in runs {
        let at = all.iter().position(|line| line.name == run.model).unwrap_or_else(|| {
            let (means, runs) = (Vec::new(), Vec::new());
            all.push(LabelSeries { name: run.model.clone(), means, runs, law: None });
            points.push(Vec::new());
            all.len() - 1
        });
        let error = run.value / 100.0;
        all[at].means.push((labels, error));
        all[at].runs.extend(run.each.iter().map(|error| (labels, error / 100.0)));
        points[at].push(CurvePoint { labels, error, rows: (run.n * run.seeds as u64) as f64 });
    }
    for (line, points) in all.iter_mut().zip(&points) {
        line.law = PowerLaw::fit(points);
    }
    all.retain(|line| line.means.len() > 1);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::LINE;

    #[test]
    fn a_curve_needs_two_numbers_of_labels() {
        let run = |model: &str, labels: usize, value: f64| {
            let run: Run = serde_json::from_str(LINE).unwrap();
            Run { model: model.to_owned(), labels: Some(labels), value, each: vec![value], ..run }
        };
        assert!(pictures(&[run("ulmfit", 100, 30.0)]).is_empty());
        let runs = [
            run("ulmfit", 1000, 10.0),
            run(NO_CURVE, 100, 80.0),
            run("ulmfit", 100, 30.0),
            run(NO_CURVE, 1000, 80.0),
            run("other", 100, 40.0),
        ];
        let found = pictures(&runs);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, "labels-trec6.svg");
        assert!(found[0].svg.contains("trec6: test error over labels"));
        assert!(found[0].svg.contains("ulmfit") && !found[0].svg.contains("other"));
        let drawn = &series(&runs, "trec6")[0];
        assert_eq!(drawn.means, [(100.0, 0.3), (1000.0, 0.1)]);
        assert!((drawn.law.unwrap().at(100.0) - 0.3).abs() < 1e-9);
    }
}
