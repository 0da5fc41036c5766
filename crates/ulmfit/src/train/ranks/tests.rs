//! Ranks change no bit, whatever they send.

use super::stripes::{Numbers, STRIPE, stripes};
use super::words::{Reader, Writer};
use super::*;
use crate::data::batches::{Bptt, Corpus, LmBatchConfig};
use crate::model::{AwdLstmConfig, DropoutConfig, LanguageModel, Regularisation, TrainableGroups};
use crate::optim::OptimizerConfig;
use crate::schedule::{OneCycle, ScheduleConfig};
use crate::text::Direction;
use crate::train::{
    Checkpointer, Control, Event, LmTrainee, Phase, Plan, Snapshot, TrainError, fit,
};
use std::sync::{Arc, Mutex};
use ulmfit_ops::{Cpu, Key, Tensor};

/// Large enough for more stripes than ranks, small enough that most words are not in a batch.
const SIZES: AwdLstmConfig = AwdLstmConfig { vocab: 1500, emb: 24, hid: 40, layers: 2 };

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    for n in 0..40 {
        let draws = Key::new(5).child(n).uniform_values(10 + (n as usize * 7) % 23, 1.0);
        let ids = draws.into_iter().map(|u| 3 + (u.abs() * 1490.0) as u32);
        corpus.push(&ids.collect::<Vec<_>>());
    }
    corpus
}

fn plan() -> Plan {
    let phase = |epochs, top| Phase {
        epochs,
        trainable: TrainableGroups::top(3, top),
        rates: vec![0.005, 0.01, 0.02],
        schedule: ScheduleConfig::OneCycle(OneCycle::default()),
    };
    Plan {
        phases: vec![phase(1, 1), phase(1, 3)],
        optimizer: OptimizerConfig::default(),
        weight_decay: 0.01,
        clip: Some(0.25),
        accumulate: 2,
        patience: None,
        keep_best: true,
        key: Key::new(11),
    }
}

/// Keeps every snapshot.
#[derive(Default)]
struct Every(Vec<Snapshot>);

impl Checkpointer for Every {
    fn due(&mut self, _updates: u64) -> Result<bool, TrainError> {
        Ok(true)
    }

    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError> {
        self.0.push(snapshot);
        Ok(())
    }
}

/// Events and snapshots of a training, from one of them on.
fn train(
    ranks: Arc<dyn Ranks>,
    (lanes, batch_size): (usize, usize),
    sampled_below: f64,
    from: Option<&Snapshot>,
) -> (Vec<Event>, Vec<Snapshot>) {
    let (device, corpus) = (Cpu::default().with_sampled_below(sampled_below), corpus());
    let model = LanguageModel::new(device, SIZES, DropoutConfig::LANGUAGE_MODEL, Key::new(3));
    let bptt = Bptt::Variable { cap: None };
    let batches = LmBatchConfig { batch_size, seq_len: 16, bptt, direction: Direction::Forward };
    let (key, ar_tar) = (Key::new(4), Regularisation::default());
    let mut trainee =
        LmTrainee::new(device, model, &corpus, Some(&corpus), batches, ar_tar, key).unwrap();
    trainee = trainee.with_lanes_on(lanes, ranks);
    let (mut told, mut kept) = (Vec::new(), Every::default());
    let mut observer = |event: &Event| {
        told.push(event.clone());
        Control::Continue
    };
    fit(&device, &mut trainee, &plan(), from, &mut observer, &mut kept).unwrap();
    (told, kept.0)
}

#[test]
fn ranks_and_threads_change_no_bit_of_any_checkpoint() {
    for (lanes, sampled_below) in [(4, 0.0), (8, 0.0), (4, 1e-3)] {
        let alone = train(Arc::new(Alone), (lanes, 9), sampled_below, None);
        assert!(alone.1.len() > 6, "{} checkpoints prove little", alone.1.len());
        for (count, threads) in [(1, 2), (2, 1), (2, 2), (4, 1)] {
            let all =
                on_ranks(count, threads, |ranks| train(ranks, (lanes, 9), sampled_below, None));
            for (rank, of_rank) in all.into_iter().enumerate() {
                assert!(of_rank == alone, "rank {rank} of {count}, {lanes} lanes, {sampled_below}");
            }
        }
    }
}

/// A batch with fewer rows than lanes.
#[test]
fn ranks_without_rows_take_part() {
    let alone = train(Arc::new(Alone), (8, 3), 0.0, None);
    for of_rank in on_ranks(4, 1, |ranks| train(ranks, (8, 3), 0.0, None)) {
        assert!(of_rank == alone);
    }
}

#[test]
fn a_run_continues_with_another_number_of_ranks() {
    let run = |ranks, from: Option<&Snapshot>| train(ranks, (4, 9), 0.0, from).1;
    let whole = run(Arc::new(Alone), None);
    let from = Mutex::new(Some(whole[3].clone()));
    for ended in on_ranks(2, 1, |ranks| {
        let own = if ranks.rank() == 0 { from.lock().unwrap().take() } else { None };
        let shared = share_snapshot(&*ranks, own);
        assert!(shared.as_ref() == Some(&whole[3]), "rank {} continues elsewhere", ranks.rank());
        run(ranks, shared.as_ref())
    }) {
        assert!(ended.last() == whole.last());
    }
}

#[test]
fn one_that_stops_stops_all() {
    for stopper in 0..3 {
        let said = on_ranks(3, 1, |ranks| {
            let own = if ranks.rank() == stopper { Control::Stop } else { Control::Continue };
            agree(&*ranks, own)
        });
        assert_eq!(said, [Control::Stop; 3]);
    }
    assert_eq!(on_ranks(2, 1, |ranks| agree(&*ranks, Control::Continue)), [Control::Continue; 2]);
}

#[test]
fn texts_reach_all_ranks() {
    let said = on_ranks(3, 1, |ranks| each_text(&*ranks, &"äbc".repeat(ranks.rank())));
    assert_eq!(said, vec![["", "äbc", "äbcäbc"]; 3]);
}

/// Every length around the sizes of blocks and stripes; zeros of both signs, what is not finite.
#[test]
fn stripes_arrive_as_they_were_sent() {
    for size in [1, 63, 64, 65, 640, STRIPE - 1, STRIPE, STRIPE + 1, 2 * STRIPE + 70] {
        let mut values = vec![0.0_f32; size];
        values[size / 2] = 1.5;
        values[size - 1] = -0.0;
        values[0] = f32::NAN;
        let tensor = Tensor::<Cpu>::from_f32(&[size], &values);
        let (mut writer, mut numbers) = (Writer::default(), Numbers::new());
        let stripes = stripes(&[size]);
        for stripe in &stripes {
            numbers.read(&tensor, stripe);
            numbers.send(stripe, &mut writer);
        }
        let mut skipped = Reader(&writer.0);
        stripes.iter().for_each(|stripe| Numbers::skip(stripe, &mut skipped));
        assert!(skipped.is_empty(), "{size}");
        let (mut arrived, mut reader) = (Tensor::<Cpu>::full(&[size], 7.0), Reader(&writer.0));
        for stripe in &stripes {
            numbers.receive(stripe, &mut reader);
            numbers.write(&mut arrived, stripe);
        }
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&arrived.to_f32()), bits(&values), "{size}");
    }
}

#[test]
fn zeros_do_not_travel() {
    let mut values = vec![0.0_f32; 10 * STRIPE];
    values[5 * STRIPE..5 * STRIPE + 64].fill(2.0);
    let tensor = Tensor::<Cpu>::from_f32(&[values.len()], &values);
    let (mut writer, mut numbers) = (Writer::default(), Numbers::new());
    for stripe in &stripes(&[values.len()]) {
        numbers.read(&tensor, stripe);
        numbers.send(stripe, &mut writer);
    }
    assert_eq!(writer.0.len(), 10 * 2 + 64);
}
