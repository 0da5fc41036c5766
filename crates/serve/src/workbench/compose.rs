//! Which texts are trained on, tested on, and still to be labelled; and the files of each.

use super::saved::replace;
use super::table::Table;
use super::votes::{Outcome, Votes};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Column with the row's number in files of texts to label.
pub(super) const ROW: &str = "workbench_row";
/// With fewer texts to test on, `fit` holds some of the others out instead.
const LEAST_TEST: usize = 10;

/// The texts by their use; numbers are rows of the table.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// To train on.
    pub(super) train: Vec<(usize, String)>,
    /// To test on: of the random fifth.
    pub(super) test: Vec<(usize, String)>,
    /// Without a label, to train on once they have one.
    pub(super) pool: Vec<usize>,
    /// Without a label, of the random fifth.
    pub(super) test_pool: Vec<usize>,
    /// People do not agree on these.
    pub(super) disputed: usize,
    /// Left out by a person.
    pub(super) skipped: usize,
    /// Rows of the file without a label in it.
    pub(super) unlabelled_in_file: usize,
}

impl Sets {
    pub(super) fn of(table: &Table, votes: &Votes) -> Self {
        let mut sets = Self::default();
        for (number, row) in table.rows.iter().enumerate() {
            if row.label.is_none() {
                sets.unlabelled_in_file += 1;
                if row.is_blank() || table.is_repeated(number) {
                    continue;
                }
            }
            let outcome = match &row.label {
                Some(label) => Outcome::Label(label),
                None => votes.outcome(row.id),
            };
            match outcome {
                Outcome::Label(label) if row.is_for_test() => {
                    sets.test.push((number, label.to_owned()));
                }
                Outcome::Label(label) => sets.train.push((number, label.to_owned())),
                Outcome::Disputed => sets.disputed += 1,
                Outcome::Open if votes.is_skipped(row.id) => sets.skipped += 1,
                Outcome::Open if row.is_for_test() => sets.test_pool.push(number),
                Outcome::Open => sets.pool.push(number),
            }
        }
        sets
    }

    /// All texts with a label.
    pub(super) fn labelled(&self) -> usize {
        self.train.len() + self.test.len()
    }

    /// Gives the test set back to training if it is too small, and texts whose label training lacks.
    pub(super) fn settled(mut self) -> Self {
        let known: BTreeSet<String> = self.train.iter().map(|(_, label)| label.clone()).collect();
        let is_large = self.test.len() >= LEAST_TEST;
        let (test, back): (Vec<_>, Vec<_>) =
            self.test.into_iter().partition(|(_, label)| is_large && known.contains(label));
        self.test = if test.len() >= LEAST_TEST {
            test
        } else {
            self.train.extend(test);
            Vec::new()
        };
        self.train.extend(back);
        self.train.sort_unstable();
        self
    }
}

/// Writes texts with their labels as CSV.
///
/// # Errors
/// The system's.
pub(super) fn write_labelled(
    path: &Path,
    table: &Table,
    rows: &[(usize, String)],
) -> io::Result<()> {
    let mut names = table.text_names();
    names.push(table.label_name());
    let rows = rows.iter().map(|(number, label)| {
        let fields = table.rows[*number].fields.iter().map(String::as_str);
        fields.chain([label.as_str()]).collect()
    });
    write(path, &names, rows)
}

/// Writes texts without labels as CSV, with their numbers.
///
/// # Errors
/// The system's.
pub(super) fn write_texts(path: &Path, table: &Table, rows: &[usize]) -> io::Result<()> {
    let mut names = table.text_names();
    names.push(ROW.to_owned());
    let numbers: Vec<String> = rows.iter().map(usize::to_string).collect();
    let rows = rows.iter().zip(&numbers).map(|(row, number)| {
        let fields = table.rows[*row].fields.iter().map(String::as_str);
        fields.chain([number.as_str()]).collect()
    });
    write(path, &names, rows)
}

fn write<'a>(
    path: &Path,
    names: &[String],
    rows: impl Iterator<Item = Vec<&'a str>>,
) -> io::Result<()> {
    replace(path, &csv_of(names, rows)?)
}

/// A CSV file in memory.
fn csv_of<'a>(names: &[String], rows: impl Iterator<Item = Vec<&'a str>>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names)?;
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// All labelled texts, with where each label comes from, as a CSV file.
///
/// # Errors
/// The system's.
pub(super) fn labelled_csv(table: &Table, sets: &Sets) -> io::Result<Vec<u8>> {
    let mut names = table.text_names();
    names.push(table.label_name());
    let mut all: Vec<&(usize, String)> = sets.train.iter().chain(&sets.test).collect();
    all.sort_unstable();
    let rows = all.into_iter().map(|(number, label)| {
        let fields = table.rows[*number].fields.iter().map(String::as_str);
        fields.chain([label.as_str()]).collect()
    });
    csv_of(&names, rows)
}

/// The options that name the columns of such files.
pub(super) fn text_options(names: &[String]) -> Vec<String> {
    names.iter().flat_map(|name| ["--text".to_owned(), name.clone()]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::label_log::{Action, Entry};
    use super::super::table::Choice;
    use super::*;

    /// A third of the rows has a label in the file.
    fn table(rows: usize) -> Table {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("notes.csv");
        let line = |n: usize| {
            let label = ["good", "bad"][n / 3 % 2];
            format!("text {n},{}\n", if n.is_multiple_of(3) { label } else { "" })
        };
        let lines: Vec<String> = (0..rows).map(line).collect();
        std::fs::write(&path, "text,label\n".to_owned() + &lines.concat()).unwrap();
        Table::read(&path, &Choice::default()).unwrap()
    }

    fn votes(table: &Table, labels: &[(&str, usize, Option<&str>)]) -> Votes {
        let entry = |(number, (by, row, label)): (u64, &(&str, usize, Option<&str>))| {
            let text = table.rows[*row].name();
            let action = match label {
                Some(label) => Action::Label { text, row: row + 1, label: (*label).to_owned() },
                None => Action::Skip { text, row: row + 1 },
            };
            Entry { number, time: String::new(), by: (*by).to_owned(), action }
        };
        Votes::count(&(1..).zip(labels).map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn every_text_has_one_use() {
        let table = table(300);
        let given =
            [("A", 1, Some("new")), ("A", 2, Some("good")), ("B", 2, Some("bad")), ("A", 4, None)];
        let sets = Sets::of(&table, &votes(&table, &given));
        assert_eq!((sets.disputed, sets.skipped, sets.unlabelled_in_file), (1, 1, 200));
        assert_eq!(sets.labelled(), 101);
        assert_eq!(sets.labelled() + sets.pool.len() + sets.test_pool.len() + 2, 300);
        for (number, _) in &sets.test {
            assert!(table.rows[*number].is_for_test());
        }
        let share = (sets.test.len() + sets.test_pool.len()) as f64 / 300.0;
        assert!((0.12..0.28).contains(&share), "about a fifth: {share}");
    }

    #[test]
    fn a_test_set_is_large_enough_and_has_no_unknown_label() {
        let small = Sets::of(&table(60), &Votes::default());
        let (train, test) = (small.train.len(), small.test.len());
        assert!(test > 0 && test < LEAST_TEST);
        let small = small.settled();
        assert_eq!((small.train.len(), small.test.len()), (train + test, 0));
        let table = table(300);
        let strange = (0..300).find(|&n| n % 3 > 0 && table.rows[n].is_for_test()).unwrap();
        let sets = Sets::of(&table, &votes(&table, &[("A", strange, Some("new"))]));
        assert!(sets.test.iter().any(|(_, label)| label == "new"));
        let sets = sets.settled();
        assert!(sets.test.len() >= LEAST_TEST);
        assert!(sets.test.iter().all(|(_, label)| label != "new"));
        assert!(sets.train.iter().any(|(_, label)| label == "new"));
    }
}
