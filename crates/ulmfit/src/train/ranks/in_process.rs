//! Ranks that are threads of one process: what tests train with.

use super::Ranks;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// One of several threads, with a channel from each to each.
struct ThreadRank {
    rank: usize,
    to: Vec<Sender<Vec<u32>>>,
    from: Mutex<Vec<Receiver<Vec<u32>>>>,
}

impl Ranks for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.to.len()
    }

    fn exchange(&self, to: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        assert_eq!(to.len(), self.count(), "a message for each rank");
        self.to.iter().zip(to).for_each(|(sender, words)| sender.send(words).unwrap());
        self.from.lock().unwrap().iter().map(|receiver| receiver.recv().unwrap()).collect()
    }

    fn gather(&self, own: Vec<u32>) -> Vec<Vec<u32>> {
        self.exchange(vec![own; self.count()])
    }
}

/// Runs `work` on so many ranks, each with a pool of so many threads; the results are in their order.
pub(crate) fn on_ranks<R: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(std::sync::Arc<dyn Ranks>) -> R + Sync,
) -> Vec<R> {
    let mut members: Vec<(Vec<Sender<_>>, Vec<Receiver<_>>)> = Vec::new();
    members.resize_with(count, Default::default);
    for from in 0..count {
        for to in 0..count {
            let (sender, receiver) = channel();
            members[from].0.push(sender);
            members[to].1.push(receiver);
        }
    }
    thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = members
            .into_iter()
            .enumerate()
            .map(|(rank, (to, from))| {
                let ranks = ThreadRank { rank, to, from: Mutex::new(from) };
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                scope.spawn(move || pool.install(|| work(std::sync::Arc::new(ranks))))
            })
            .collect();
        running.into_iter().map(|rank| rank.join().expect("a rank panicked")).collect()
    })
}
