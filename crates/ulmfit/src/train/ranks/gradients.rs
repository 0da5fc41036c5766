//! The sum of all lanes' gradients, in the order of the lanes, on every rank.
//!
//! Each rank adds up its stripes of all lanes, whose gradients it is sent for that, and then all ranks
//! exchange the sums. A plain sum over ranks would depend on their number: `(a + b) + (c + d)` is not
//! `((a + b) + c) + d`.

use super::Ranks;
use super::stripes::{Numbers, Stripe, of_rank, stripes};
use super::words::{Reader, Writer};
use rayon::prelude::*;
use ulmfit_ops::{Device, Tensor};

/// Adds the gradients of all lanes to `sums`: `lanes` are those of this rank, in order, and `all` is
/// the number of lanes of each rank.
pub(in crate::train) fn add_all_lanes<D: Device>(
    ranks: &dyn Ranks,
    sums: &mut [&mut Tensor<D>],
    lanes: &[Vec<Tensor<D>>],
    all: &[usize],
) {
    let sizes: Vec<usize> = sums.iter().map(|sum| sum.len()).collect();
    let (stripes, count) = (stripes(&sizes), ranks.count());
    let to_rank = |rank: usize| {
        let (mut writer, mut numbers) = (Writer::default(), Numbers::new());
        for lane in lanes.iter().filter(|_| rank != ranks.rank()) {
            for stripe in of_rank(&stripes, rank, count) {
                numbers.read(&lane[stripe.param], stripe);
                numbers.send(stripe, &mut writer);
            }
        }
        writer.0
    };
    let received = ranks.exchange((0..count).into_par_iter().map(to_rank).collect());
    let own = of_rank(&stripes, ranks.rank(), count);
    let mut in_order = Vec::new();
    for (rank, words) in received.iter().enumerate() {
        if rank == ranks.rank() {
            in_order.extend(lanes.iter().map(|lane| Lane::Own(lane)));
        } else {
            let mut rest = Reader(words);
            for _ in 0..all[rank] {
                in_order.push(Lane::Sent(rest));
                own.iter().for_each(|stripe| Numbers::skip(stripe, &mut rest));
            }
        }
    }
    for (rank, words) in ranks.gather(sum_of(&own, sums, in_order)).iter().enumerate() {
        let (mut reader, mut numbers) = (Reader(words), Numbers::new());
        for stripe in of_rank(&stripes, rank, count) {
            numbers.receive(stripe, &mut reader);
            numbers.write(sums[stripe.param], stripe);
        }
    }
}

/// The gradients of a lane: those of this rank, or what another rank sent of them.
#[derive(Clone)]
enum Lane<'a, D: Device> {
    Own(&'a [Tensor<D>]),
    Sent(Reader<'a>),
}

/// Stripes that a thread adds up at a time.
const AT_A_TIME: usize = 64;

/// These stripes of `sums` with those of all lanes added.
fn sum_of<D: Device>(
    own: &[&Stripe],
    sums: &[&mut Tensor<D>],
    mut lanes: Vec<Lane<'_, D>>,
) -> Vec<u32> {
    let pieces: Vec<_> = own
        .chunks(AT_A_TIME)
        .map(|stripes| {
            let at_its_begin = lanes.clone();
            for lane in &mut lanes {
                if let Lane::Sent(reader) = lane {
                    stripes.iter().for_each(|stripe| Numbers::skip(stripe, reader));
                }
            }
            (stripes, at_its_begin)
        })
        .collect();
    let sum = |(stripes, mut lanes): (&[&Stripe], Vec<Lane<'_, D>>)| {
        let (mut writer, mut numbers, mut lane_numbers) =
            (Writer::default(), Numbers::new(), Numbers::new());
        for stripe in stripes {
            numbers.read(sums[stripe.param], stripe);
            for lane in &mut lanes {
                match lane {
                    Lane::Sent(reader) => numbers.add_sent(stripe, reader),
                    Lane::Own(gradients) => {
                        lane_numbers.read(&gradients[stripe.param], stripe);
                        numbers.add(&lane_numbers, stripe);
                    }
                }
            }
            numbers.send(stripe, &mut writer);
        }
        writer.0
    };
    pieces.into_par_iter().map(sum).collect::<Vec<_>>().concat()
}
