//! Milliseconds of the operations at the paper's size, beside the fastest product seen.
//!
//! A batch of 64 rows and 72 steps, embeddings of 400, 1152 hidden units, 60,000 words.
#![expect(clippy::print_stdout, reason = "a table is the result")]

use std::time::Instant;
use ulmfit_ops::attention::{Attention, AttentionInput};
use ulmfit_ops::decoder_loss::{DecoderBackward, DecoderGrads, DecoderLoss};
use ulmfit_ops::layer_norm::{LayerNorm, LayerNormWeights};
use ulmfit_ops::linear::{Linear, PreparedLayer, Then};
use ulmfit_ops::lstm::{InputGradient, Lstm, LstmGrads, LstmState, LstmWeights, Tape};
use ulmfit_ops::optimizer_step::{AdamStep, OptimizerStep};
use ulmfit_ops::{Cpu, Key, Precision, Tensor, peak_gflops};
use ulmfit_ops::{activation_reg::ActivationReg, concat_pool::ConcatPool};
use ulmfit_ops::{dropout::Dropout, embedding::Embedding, norm::Norm};

const TIME: usize = 72;
const BATCH: usize = 64;
const ROWS: usize = TIME * BATCH;
const EMBEDDING: usize = 400;
const HIDDEN: usize = 1152;
const VOCAB: usize = 60_000;

fn main() {
    println!("{} threads", rayon::current_num_threads());
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        prepared_products(precision);
    }
    if std::env::args().any(|arg| arg == "--products") {
        return;
    }
    let sizes = [(64, 1152, 4608), (4608, 1152, 4608), (1024, 400, VOCAB)];
    let best = sizes.map(product).into_iter().fold(0.0, f64::max);
    for (inputs, hidden) in [(EMBEDDING, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, EMBEDDING)] {
        lstm(inputs, hidden, best);
    }
    decoder(best);
    embedding_and_update();
    activations();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        encoder_layer(precision);
    }
}

/// Prints and returns the operations a second of one product.
fn product((rows, inputs, outputs): (usize, usize, usize)) -> f64 {
    let (x, weight) = (random(&[rows, inputs]), random(&[outputs, inputs]));
    let seconds = fastest(|| drop(Cpu::default().linear_forward(&x, &weight, None)));
    let rate = 2.0 * (rows * inputs * outputs) as f64 / seconds;
    println!("{rows:>5} x {inputs:>4} x {outputs:<5} {:>8.1} GFLOP/s", rate / 1e9);
    rate
}

/// Products with weights that were laid out before: a window of steps, steps of many and of few documents.
fn prepared_products(precision: Precision) {
    let cpu = Cpu::with_precision(precision);
    let peak = peak_gflops(precision);
    for (inputs, outputs) in [(HIDDEN, 4 * HIDDEN), (EMBEDDING, 4 * HIDDEN), (256, 1024)] {
        let weight = cpu.linear_prepare(&random(&[outputs, inputs]));
        for rows in [1024, 64, 32, 8, 1] {
            let x = random(&[rows, inputs]);
            let repeats = 2048 / rows.max(16);
            let seconds = fastest(|| {
                (0..repeats).for_each(|_| drop(cpu.linear_prepared(&x, &weight, None)));
            }) / repeats as f64;
            let rate = 2.0 * (rows * inputs * outputs) as f64 / seconds / 1e9;
            let share = peak.map(|peak| format!("{:.0} % of the peak", 100.0 * rate / peak));
            let (share, micros) = (share.unwrap_or_default(), 1e6 * seconds);
            println!(
                "{precision} {rows:>5} x {inputs:>4} x {outputs:<5} {micros:>8.0} us {rate:>8.1} GFLOP/s  {share}"
            );
        }
    }
}

fn lstm(inputs: usize, hidden: usize, best: f64) {
    let cpu = Cpu::default();
    let gates = 4 * hidden;
    let dims = [&[gates, inputs][..], &[gates, hidden], &[gates], &[gates]];
    let [w_ih, w_hh, b_ih, b_hh] = &dims.map(random);
    let mut grads = dims.map(Tensor::zeros);
    let mask = cpu.dropout_mask(w_hh.dims(), 0.5, Key::new(3));
    let w_hh_mask = Some(&mask);
    let weights = LstmWeights { w_ih, w_hh, b_ih, b_hh, w_hh_mask, prepared: None };
    let (x, dy) = (random(&[TIME, BATCH, inputs]), random(&[TIME, BATCH, hidden]));
    let state = LstmState::zeros(BATCH, hidden);
    let flops = 8.0 * (ROWS * hidden * (inputs + hidden)) as f64;
    report(&format!("lstm {inputs} -> {hidden} forward"), Some(flops / best), || {
        cpu.lstm_forward(&x, weights, &state, Tape::Discard);
    });
    report(&format!("lstm {inputs} -> {hidden} both ways"), Some(3.0 * flops / best), || {
        let out = cpu.lstm_forward(&x, weights, &state, Tape::Keep);
        let [w_ih, w_hh, b_ih, b_hh] = &mut grads;
        let grads = LstmGrads { w_ih, w_hh, b_ih, b_hh };
        let tape = out.tape.expect("a tape was asked for");
        cpu.lstm_backward(&x, weights, tape, &dy, Some(grads), InputGradient::Compute);
    });
}

fn decoder(best: f64) {
    let (h, table, zeros) =
        (random(&[ROWS, EMBEDDING]), random(&[VOCAB, EMBEDDING]), Tensor::zeros(&[VOCAB]));
    let (mut weight, mut bias) = (Tensor::zeros(table.dims()), zeros.clone());
    let seconds = 6.0 * (ROWS * EMBEDDING * VOCAB) as f64 / best;
    report("decoder, loss", Some(seconds / 3.0), || {
        Cpu::default().decoder_loss(&h, &table, &zeros, &ids(), None);
    });
    for (name, below) in [("gradients", 0.0), ("sampled gradients", 1.0 / 512.0)] {
        let seconds = if below > 0.0 { seconds / 3.0 } else { seconds };
        report(&format!("decoder, loss and {name}"), Some(seconds), || {
            let grads = Some(DecoderGrads { weight: Some(&mut weight), bias: &mut bias });
            let backward = DecoderBackward { scale: 1.0, samples: Some(Key::new(1)), grads };
            let cpu = Cpu::default().with_sampled_below(below);
            cpu.decoder_loss(&h, &table, &zeros, &ids(), Some(backward));
        });
    }
}

fn embedding_and_update() {
    let cpu = Cpu::default();
    let (mut table, dy) = (random(&[VOCAB, EMBEDDING]), random(&[ROWS, EMBEDDING]));
    let [mut grad, mut mean, mut sqr_mean] = [(); 3].map(|()| Tensor::zeros(table.dims()));
    report("embedding forward", None, || {
        drop(cpu.embedding_forward(&table, &ids(), None));
    });
    report("embedding backward", None, || {
        cpu.embedding_backward(&ids(), None, Some(1), &dy, &mut grad);
    });
    let (lr, mom, sqr_mom, eps, weight_decay, step) = (1e-3, 0.8, 0.99, 1e-5, 0.1, 1);
    let step = AdamStep { lr, mom, sqr_mom, eps, weight_decay, step };
    report("adam 60000 x 400", None, || {
        cpu.adam_step(&mut table, &grad, &mut mean, &mut sqr_mean, step);
    });
    report("sum of squares 60000 x 400", None, || {
        cpu.sum_of_squares(&grad);
    });
}

fn activations() {
    let cpu = Cpu::default();
    let dims = [TIME, BATCH, HIDDEN];
    let (mut x, mut dx) = (random(&dims), Tensor::zeros(&dims));
    report("mask 4608 x 1152", None, || {
        drop(cpu.dropout_mask(&dims, 0.3, Key::new(1)));
    });
    let mask = cpu.dropout_mask(&dims[1..], 0.3, Key::new(2));
    report("locked dropout", None, || cpu.apply_mask(&mut x, &mask));
    report("AR and TAR", None, || {
        cpu.activation_reg(&x, 2.0, Some(&mut dx));
        cpu.temporal_activation_reg(&x, 1.0, Some(&mut dx));
    });
    let (spans, dy) = (vec![0..TIME; BATCH], random(&[BATCH, 3 * HIDDEN]));
    report("concat pool, both ways", None, || {
        let (_, tape) = cpu.concat_pool_forward(&x, &spans);
        cpu.concat_pool_backward(&tape, &dy);
    });
}

/// A layer of a sentence encoder of the sizes of all-MiniLM-L6-v2, four texts of 64 tokens.
fn encoder_layer(precision: Precision) {
    const WIDTH: usize = 384;
    const INNER: usize = 4 * WIDTH;
    let cpu = Cpu::with_precision(precision);
    let weights = [(WIDTH, WIDTH), (INNER, WIDTH), (WIDTH, INNER)]
        .map(|(outputs, inputs)| cpu.linear_prepare(&random(&[outputs, inputs])));
    let biases = [WIDTH, INNER].map(|outputs| random(&[outputs]));
    let layer = |n: usize| PreparedLayer { weight: &weights[n], bias: Some(&biases[n % 2]) };
    let (lengths, x) = ([64; 4], random(&[4 * 64, WIDTH]));
    let (ones, zeros) = (Tensor::full(&[WIDTH], 1.0), Tensor::zeros(&[WIDTH]));
    let norm = LayerNormWeights { weight: &ones, bias: &zeros, eps: 1e-12 };
    report(&format!("encoder layer, {precision}"), None, || {
        let [query, key, value] = &cpu.linear_prepared_each(&x, [layer(0); 3]);
        let told = cpu.attention_forward(AttentionInput {
            query,
            key,
            value,
            lengths: &lengths,
            heads: 12,
            presence: None,
        });
        let summed = cpu.linear_prepared_then(&told, layer(0), Then::Add(&x));
        let middle = cpu.layer_norm_forward(&summed, norm);
        let active = cpu.linear_prepared_then(&middle, layer(1), Then::Gelu);
        let last = cpu.linear_prepared_then(&active, layer(2), Then::Add(&middle));
        drop(cpu.layer_norm_forward(&last, norm));
    });
}

/// Prints how long `work` takes, and what share of it `products` seconds at full speed would be.
fn report(name: &str, products: Option<f64>, work: impl FnMut()) {
    let seconds = fastest(work);
    let share = products.map(|products| format!("{:.0} % products", 100.0 * products / seconds));
    println!("{name:<28} {:>9.2} ms  {}", 1e3 * seconds, share.unwrap_or_default());
}

/// Shortest of three runs after a first one.
fn fastest(mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    [seconds(), seconds(), seconds()].into_iter().fold(f64::INFINITY, f64::min)
}

fn random(dims: &[usize]) -> Tensor<Cpu> {
    Tensor::from_f32(dims, &Key::new(1).uniform_values(dims.iter().product(), 0.1))
}

fn ids() -> Vec<u32> {
    (0..ROWS).map(|n| (n * n % VOCAB) as u32).collect()
}
