//! Which texts to label next: `next` as a process of its own, and a random text in every five.

use super::bench::{Bench, Inner};
use super::compose::{ROW, Sets, text_options, write_labelled, write_texts};
use super::saved::model_name;
use super::table::Table;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread;

/// Texts chosen at a time.
const BATCH: usize = 20;
/// With fewer left, the next batch is chosen.
const FEW: usize = 5;
/// Texts to choose from at most, at random: the page should not wait for a model to read all of a
/// large file.
const POOL: usize = 2_000;
/// One text in this many is for the test set.
const TEST: usize = 5;

/// Texts that wait for a label.
#[derive(Debug, Default)]
pub(super) struct Proposals {
    /// Chosen by `next`, the best first.
    queue: VecDeque<usize>,
    /// It is at work.
    pub(super) choosing: bool,
    /// Its last error.
    pub(super) failed: Option<String>,
    /// Its last command.
    pub(super) command: Option<String>,
    /// What each person has on the page.
    current: HashMap<String, usize>,
    /// Changes when all of the above is out of date.
    generation: usize,
    /// There were texts to choose from, but `next` found none worth it.
    exhausted: bool,
}

impl Proposals {
    /// A new file or a new model: choose again.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
        self.current.clear();
        self.failed = None;
        self.exhausted = false;
        self.generation += 1;
    }

    /// Puts a certain text on the page of a person.
    pub(super) fn give(&mut self, by: &str, row: usize) {
        self.current.insert(by.to_owned(), row);
    }

    /// A person has dealt with the text on the page.
    pub(super) fn took(&mut self, by: &str) {
        self.current.remove(by);
    }

    /// How many are chosen.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }
}

impl Bench {
    /// The text that a person should label next.
    pub(super) fn next_text(self: &Arc<Self>, inner: &mut Inner, by: &str) -> Option<usize> {
        let table = inner.table()?;
        let sets = inner.sets(&table);
        let seen = |row: usize| inner.votes.has_seen(table.rows[row].id, by);
        if let Some(&row) = inner.proposals.current.get(by)
            && !seen(row)
        {
            return Some(row);
        }
        let taken: Vec<usize> = inner.proposals.current.values().copied().collect();
        let is_free = |row: &usize| !taken.contains(row) && !seen(*row);
        let is_wanted = |row: &usize| is_free(row) && sets.pool.binary_search(row).is_ok();
        let at_random = |rows: &[usize]| {
            // by hash: a fixed random order
            rows.iter().copied().filter(is_free).min_by_key(|&row| table.rows[row].id)
        };
        let given = inner.labels.entries().len() + taken.len();
        let test = (given % TEST == TEST - 1).then(|| at_random(&sets.test_pool)).flatten();
        let chosen = test.or_else(|| {
            let queued = inner.proposals.queue.iter().position(is_wanted);
            let at = queued?;
            let row = inner.proposals.queue[at];
            inner.proposals.queue.drain(..=at);
            Some(row)
        });
        let chosen =
            chosen.or_else(|| at_random(&sets.pool)).or_else(|| at_random(&sets.test_pool));
        if let Some(row) = chosen {
            inner.proposals.give(by, row);
        }
        if inner.proposals.queue.len() < FEW && !inner.proposals.exhausted {
            self.choose(inner, &table, &sets);
        }
        chosen
    }

    /// Starts to choose the next batch, unless that is under way.
    fn choose(self: &Arc<Self>, inner: &mut Inner, table: &Arc<Table>, sets: &Arc<Sets>) {
        let is_wanted = sets.pool.len() > inner.proposals.queue.len();
        if inner.proposals.choosing || inner.proposals.failed.is_some() || !is_wanted {
            return;
        }
        inner.proposals.choosing = true;
        let generation = inner.proposals.generation;
        let model = self.latest_model(inner);
        let mut queued: Vec<usize> = inner.proposals.queue.iter().copied().collect();
        queued.extend(inner.proposals.current.values());
        let (bench, table, sets) = (Arc::clone(self), Arc::clone(table), Arc::clone(sets));
        thread::spawn(move || {
            let chosen = bench.run_next(&table, &sets, &queued, model);
            let mut inner = bench.lock();
            inner.proposals.choosing = false;
            if inner.proposals.generation != generation {
                return;
            }
            match chosen {
                Ok(rows) => {
                    inner.proposals.exhausted = rows.is_empty();
                    inner.proposals.queue.extend(rows);
                }
                Err(why) => inner.proposals.failed = Some(why),
            }
        });
    }

    /// Runs `next` and reads what it chose.
    fn run_next(
        &self,
        table: &Table,
        sets: &Sets,
        queued: &[usize],
        model: Option<usize>,
    ) -> Result<Vec<usize>, String> {
        let mut pool: Vec<usize> =
            sets.pool.iter().copied().filter(|row| !queued.contains(row)).collect();
        if pool.is_empty() {
            return Ok(Vec::new());
        }
        pool.sort_unstable_by_key(|&row| table.rows[row].id);
        pool.truncate(POOL);
        pool.sort_unstable();
        // what is labelled or waits for a label: nothing like it is chosen again
        let mut labelled: Vec<(usize, String)> =
            sets.train.iter().chain(&sets.test).cloned().collect();
        labelled.extend(queued.iter().map(|&row| (row, String::new())));
        let mut arguments = vec!["next".to_owned()];
        arguments.extend(model.map(model_name));
        arguments.push("pool.csv".to_owned());
        write_texts(&self.folder.join("pool.csv"), table, &pool).map_err(|e| e.to_string())?;
        if !labelled.is_empty() {
            write_labelled(&self.folder.join("labelled.csv"), table, &labelled)
                .map_err(|error| error.to_string())?;
            arguments.extend(["--labelled", "labelled.csv"].map(str::to_owned));
        }
        arguments.extend(text_options(&table.text_names()));
        arguments.extend(["--label".to_owned(), table.label_name()]);
        arguments.extend(["-n".to_owned(), BATCH.to_string(), "--json".to_owned()]);
        self.lock().proposals.command = Some(self.shown(&arguments));
        let job = self.job("next");
        job.wait(None); // one that a killed workbench had begun
        job.clear();
        let child = job.start(&mut self.command(&arguments)).map_err(|error| error.to_string())?;
        job.wait(Some(child));
        let out = std::fs::read(job.out()).map_err(|error| error.to_string())?;
        let Ok(document) = serde_json::from_slice::<Value>(&out) else {
            let told = std::fs::read_to_string(job.log()).unwrap_or_default();
            if told.contains("there is no text to label") {
                return Ok(Vec::new());
            }
            let line = told.lines().find_map(|line| line.strip_prefix("ulmfit: "));
            return Err(line.unwrap_or("texts could not be chosen").to_owned());
        };
        let row = |text: &Value| text["columns"][ROW].as_str()?.parse().ok();
        let texts = document["texts"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(texts.iter().filter_map(row).filter(|&row| row < table.rows.len()).collect())
    }
}
