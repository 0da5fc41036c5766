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
    let stripes = stripes(&sizes);
    let count = ranks.count();
    let to_rank = |rank: usize| {
        let mut writer = Writer::default();
        let mut numbers = Numbers::new();
        for lane in lanes {
            for stripe in of_rank(&stripes, rank, count) {
                numbers.read(&lane[stripe.param], stripe);
                numbers.send(stripe, &mut writer);
            }
        }
        writer.0
    };
    let received = ranks.exchange((0..count).into_par_iter().map(to_rank).collect());
    let own = of_rank(&stripes, ranks.rank(), count);
    let summed = sum_of(&own, sums, &received, all);
    for (rank, words) in ranks.gather(summed).iter().enumerate() {
        let (mut reader, mut numbers) = (Reader(words), Numbers::new());
        for stripe in of_rank(&stripes, rank, count) {
            numbers.receive(stripe, &mut reader);
            numbers.write(sums[stripe.param], stripe);
        }
    }
}

/// These stripes of `sums` with those of all lanes added, which lie one lane after the other in what each
/// rank sent.
fn sum_of<D: Device>(
    own: &[&Stripe],
    sums: &[&mut Tensor<D>],
    received: &[Vec<u32>],
    all: &[usize],
) -> Vec<u32> {
    let mut readers = Vec::new();
    for (words, &lanes) in received.iter().zip(all) {
        let mut rest = Reader(words);
        for _ in 0..lanes {
            readers.push(Reader(rest.0));
            own.iter().for_each(|stripe| Numbers::skip(stripe, &mut rest));
        }
    }
    let (mut writer, mut numbers) = (Writer::default(), Numbers::new());
    for stripe in own {
        numbers.read(sums[stripe.param], stripe);
        readers.iter_mut().for_each(|reader| numbers.add(stripe, reader));
        numbers.send(stripe, &mut writer);
    }
    writer.0
}
