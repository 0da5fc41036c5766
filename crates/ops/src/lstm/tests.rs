use super::golden::{self, Weights};
use super::*;
use crate::rows::Rows;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, bits, largest_difference, random,
    weighted_sum,
};
use crate::{Cpu, Device, Precision, Reference};

/// ```python
/// import torch
/// torch.set_default_dtype(torch.float64)
/// T, B, I, H = 4, 3, 2, 3
/// def fill(k, *dims):
///     return (0.9 * torch.sin(1.7 * torch.arange(torch.Size(dims).numel()) + k)).reshape(dims)
/// lstm = torch.nn.LSTM(I, H)
/// for k, p in enumerate(lstm.parameters()):  # w_ih, w_hh, b_ih, b_hh
///     p.data = fill(k, *p.shape)
/// x = fill(4, T, B, I).requires_grad_()
/// y, (h, c) = lstm(x, (fill(5, 1, B, H), fill(6, 1, B, H)))
/// (y * fill(7, T, B, H)).sum().backward()
/// y, c, x.grad, [p.grad for p in lstm.parameters()]
/// ```
#[test]
fn outputs_and_gradients_match_pytorch() {
    fn check<D: Device>(tolerance: f64) {
        let device = D::default();
        let (x, weights) = (golden::input::<D>(), Weights::golden());
        let out = device.lstm_forward(&x, weights.borrow(None), &golden::state(), Tape::Keep);
        assert_close("y", &out.y.to_f64(), &golden::Y, tolerance);
        assert_close("h", &out.state.h.to_f64(), &golden::Y[27..], tolerance);
        assert_close("c", &out.state.c.to_f64(), &golden::C, tolerance);
        let mut grads = weights.zeros_like();
        let dx = device.lstm_backward(
            &x,
            weights.borrow(None),
            out.tape.unwrap(),
            &golden::output_gradient(),
            Some(grads.grads()),
            InputGradient::Compute,
        );
        assert_close("dx", &dx.unwrap().to_f64(), &golden::DX, tolerance);
        let wanted = [&golden::D_W_IH[..], &golden::D_W_HH, &golden::D_BIAS, &golden::D_BIAS];
        for (found, wanted) in grads.0.iter().zip(wanted) {
            assert_close("gradient", &found.to_f64(), wanted, tolerance);
        }
    }
    check::<Reference>(1e-10);
    check::<Cpu>(1e-5);
}

/// Numbers that cannot tell the gates apart would prove nothing.
#[test]
fn every_wrong_gate_order_is_noticed() {
    let mut wrong = 0;
    for order in gate_orders().filter(|order| *order != [0, 1, 2, 3]) {
        let mut weights = Weights::<Reference>::golden();
        for tensor in &mut weights.0 {
            let block = tensor.len() / 4;
            let values = order.iter().flat_map(|&gate| &tensor.data()[gate * block..][..block]);
            *tensor = Tensor::from_real(tensor.dims(), values.copied().collect());
        }
        let out = Reference::default().lstm_forward(
            &golden::input(),
            weights.borrow(None),
            &golden::state(),
            Tape::Discard,
        );
        let off = largest_difference(&out.y.to_f64(), &golden::Y);
        assert!(off > 1e-2, "{order:?} passes unseen");
        wrong += 1;
    }
    assert_eq!(wrong, 23);
}

fn gate_orders() -> impl Iterator<Item = [usize; 4]> {
    (0..256)
        .map(|n| [n / 64, n / 16 % 4, n / 4 % 4, n % 4])
        .filter(|order| (0..4).all(|gate| order.contains(&gate)))
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (x, state) = (golden::input::<Reference>(), golden::state());
    let weights = Weights::golden();
    let dy = random(9, &[golden::TIME, golden::BATCH, golden::HIDDEN]);
    let some = Tensor::from_f64(
        weights.0[1].dims(),
        &(0..36).map(|j| if j % 3 == 1 { 0.0 } else { 1.5 }).collect::<Vec<_>>(),
    );
    for mask in [None, Some(&some)] {
        let loss = |x: &Tensor<_>, weights: &Weights<_>| {
            let out = device.lstm_forward(x, weights.borrow(mask), &state, Tape::Discard);
            weighted_sum(9, &out.y)
        };
        let out = device.lstm_forward(&x, weights.borrow(mask), &state, Tape::Keep);
        let mut grads = weights.zeros_like();
        let dx = device.lstm_backward(
            &x,
            weights.borrow(mask),
            out.tape.unwrap(),
            &dy,
            Some(grads.grads()),
            InputGradient::Compute,
        );
        assert_gradient("dx", &x, &dx.unwrap(), |x| loss(x, &weights));
        for (i, name) in ["w_ih", "w_hh", "b_ih", "b_hh"].into_iter().enumerate() {
            assert_gradient(name, &weights.0[i], &grads.0[i], |moved| {
                let mut weights = weights.clone();
                weights.0[i] = moved.clone();
                loss(&x, &weights)
            });
        }
    }
}

#[test]
fn a_sequence_in_two_calls_is_a_sequence_in_one() {
    fn check<D: Device>() {
        let device = D::default();
        let weights = Weights::<D>::golden();
        let run = |x: &Tensor<D>, state: &LstmState<D>| {
            device.lstm_forward(x, weights.borrow(None), state, Tape::Discard)
        };
        let whole = run(&golden::input(), &golden::state());
        assert!(whole.tape.is_none());
        let part = |steps| device.take_piece(&golden::input::<D>(), steps, 2, golden::BATCH);
        let first = run(&part(0), &golden::state());
        let second = run(&part(2), &first.state);
        assert_eq!([first.y.to_f64(), second.y.to_f64()].concat(), whole.y.to_f64());
        assert_eq!(second.state.c, whole.state.c);
    }
    check::<Reference>();
    check::<Cpu>();
}

/// The mask cuts recurrent weights only, so the first step from a zero state does not feel it.
#[test]
fn weight_drop_spares_the_first_step() {
    fn check<D: Device>() {
        let device = D::default();
        let weights = Weights::<D>::golden();
        let mask = device.dropout_mask(&[12, 3], 0.5, crate::Key::new(3));
        let run = |mask| {
            let zeros = LstmState::zeros(golden::BATCH, golden::HIDDEN);
            let out =
                device.lstm_forward(&golden::input(), weights.borrow(mask), &zeros, Tape::Discard);
            out.y.to_f64()
        };
        let (with, without) = (run(Some(&mask)), run(None));
        let step = golden::BATCH * golden::HIDDEN;
        assert_eq!(with[..step], without[..step]);
        assert_ne!(with[step..2 * step], without[step..2 * step]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn what_is_not_wanted_is_not_made() {
    fn check<D: Device>() {
        let device = D::default();
        let (x, weights) = (golden::input::<D>(), Weights::golden());
        let run = |frozen: bool, input| {
            let out = device.lstm_forward(&x, weights.borrow(None), &golden::state(), Tape::Keep);
            let mut grads = weights.zeros_like();
            let wanted = (!frozen).then(|| grads.grads());
            let dy = golden::output_gradient();
            let tape = out.tape.unwrap();
            let dx = device.lstm_backward(&x, weights.borrow(None), tape, &dy, wanted, input);
            (dx.map(|dx| dx.to_f64()), grads.0.map(|grad| grad.to_f64()))
        };
        let (dx, grads) = run(false, InputGradient::Compute);
        assert_eq!(run(true, InputGradient::Compute).0, dx);
        assert_eq!(run(false, InputGradient::Skip), (None, grads));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([time, batch, inputs, hidden]: [usize; 4]) -> Results {
        let device = D::default();
        let gates = 4 * hidden;
        let dims = [&[gates, inputs][..], &[gates, hidden], &[gates], &[gates]];
        let weights = Weights::<D>(dims.map(|dims| random(dims[dims.len() - 1] as u64, dims)));
        let mask = device.dropout_mask(&[gates, hidden], 0.5, crate::Key::new(1));
        let x = random(1, &[time, batch, inputs]);
        let state = LstmState { h: random(2, &[batch, hidden]), c: random(3, &[batch, hidden]) };
        let mut results = Vec::new();
        for mask in [None, Some(&mask)] {
            let out = device.lstm_forward(&x, weights.borrow(mask), &state, Tape::Keep);
            let mut grads = weights.zeros_like();
            let dx = device.lstm_backward(
                &x,
                weights.borrow(mask),
                out.tape.unwrap(),
                &random(4, &[time, batch, hidden]),
                Some(grads.grads()),
                InputGradient::Compute,
            );
            results.extend([("y", out.y), ("h", out.state.h), ("c", out.state.c)]);
            let [w_ih, w_hh, b_ih, b_hh] = grads.0;
            results.extend([("dx", dx.unwrap()), ("w_ih", w_ih), ("w_hh", w_hh)]);
            results.extend([("b_ih", b_ih), ("b_hh", b_hh)]);
        }
        results.into_iter().map(|(name, tensor)| (name, tensor.to_f64())).collect()
    }
    let sizes = [[1, 1, 5, 7], [3, 2, 11, 17], [5, 67, 41, 37], [2, 5, 3, 131], [7, 300, 5, 6]];
    assert_cpu_follows(&sizes, 2e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_sequence_does_not_feel_the_others() {
    fn check<D: Device>() {
        const TIME: usize = 31; // more rows than are multiplied at a time
        let device = D::default();
        for (inputs, hidden) in [(7, 5), (37, 18), (40, 115)] {
            let gates = 4 * hidden;
            let dims = [&[gates, inputs][..], &[gates, hidden], &[gates], &[gates]];
            let weights = Weights::<D>(dims.map(|dims| random(7, dims)));
            let x = random(1, &[TIME, 70, inputs]);
            let (h, c) = (random(2, &[70, hidden]), random(3, &[70, hidden]));
            let run = |batch: usize, keep| {
                let x = device.take_piece(&x, 0, TIME, batch);
                let state = LstmState {
                    h: device.resize_rows(&h, batch),
                    c: device.resize_rows(&c, batch),
                };
                let out = device.lstm_forward(&x, weights.borrow(None), &state, keep);
                (out.y, out.state)
            };
            let (all, last) = run(70, Tape::Discard);
            for batch in (1..=9).chain([23, 24, 25, 63, 64, 65]) {
                let (y, state) = run(batch, Tape::Keep);
                assert_eq!(bits(&y), bits(&device.take_piece(&all, 0, TIME, batch)), "{batch}");
                assert_eq!(bits(&state.c), bits(&last.c)[..batch * hidden], "{batch}");
            }
        }
    }
    check::<Cpu>();
}

#[test]
fn rounded_weights_give_nearly_the_same_and_prepared_ones_exactly() {
    const TIME: usize = 9;
    let (batch, inputs, hidden) = (5, 37, 21);
    let gates = 4 * hidden;
    let dims = [&[gates, inputs][..], &[gates, hidden], &[gates], &[gates]];
    let weights = Weights::<Cpu>(dims.map(|dims| random(7, dims)));
    let x = random(1, &[TIME, batch, inputs]);
    let state = LstmState { h: random(2, &[batch, hidden]), c: random(3, &[batch, hidden]) };
    let exact = Cpu::default().lstm_forward(&x, weights.borrow(None), &state, Tape::Discard);
    for (precision, least, most) in
        [(Precision::F32, 0.0, 1e-9), (Precision::Bf16, 1e-5, 3e-2), (Precision::Int8, 1e-5, 6e-2)]
    {
        let device = Cpu::with_precision(precision);
        let mut borrowed = weights.borrow(None);
        let fresh = device.lstm_forward(&x, borrowed, &state, Tape::Discard);
        let off = largest_difference(&fresh.y.to_f64(), &exact.y.to_f64());
        assert!((least..most).contains(&off), "{precision}: off by {off}");
        let prepared = device.lstm_prepare(borrowed);
        borrowed.prepared = Some(&prepared);
        let again = device.lstm_forward(&x, borrowed, &state, Tape::Discard);
        assert_eq!(bits(&again.y), bits(&fresh.y), "{precision}");
        // Alone as in a batch.
        let first =
            LstmState { h: device.resize_rows(&state.h, 1), c: device.resize_rows(&state.c, 1) };
        let x = device.take_piece(&x, 0, TIME, 1);
        let alone = device.lstm_forward(&x, borrowed, &first, Tape::Discard);
        assert_eq!(bits(&alone.y), bits(&device.take_piece(&fresh.y, 0, TIME, 1)), "{precision}");
    }
}

#[test]
fn packed_sequences_are_those_of_a_rectangle() {
    fn check<D: Device>() {
        let device = D::default();
        let lengths = [41, 41, 33, 30, 30, 7, 1];
        for (inputs, hidden, copies) in [(7, 5, 1), (37, 18, 9)] {
            let lengths: Vec<usize> =
                lengths.iter().flat_map(|&length| std::iter::repeat_n(length, copies)).collect();
            let (batch, time) = (lengths.len(), lengths[0]);
            let gates = 4 * hidden;
            let dims = [&[gates, inputs][..], &[gates, hidden], &[gates], &[gates]];
            let weights = Weights::<D>(dims.map(|dims| random(7, dims)));
            let x = random::<D>(1, &[time, batch, inputs]);
            let state =
                LstmState { h: random(2, &[batch, hidden]), c: random(3, &[batch, hidden]) };
            let whole = device.lstm_forward(&x, weights.borrow(None), &state, Tape::Discard);
            let rows: Vec<usize> =
                (0..time).map(|t| lengths.iter().filter(|&&length| t < length).count()).collect();
            let packed = |x: &Tensor<D>, steps: std::ops::Range<usize>| {
                let part = |t: usize| device.take_piece(x, t, 1, rows[t]).to_f64();
                let width = x.dims()[2];
                let values = steps.clone().flat_map(part).collect::<Vec<_>>();
                Tensor::from_f64(&[rows[steps].iter().sum(), width], &values)
            };
            // in two calls: the sequences that have ended are left out of the second
            let first = device.lstm_forward_packed(
                &packed(&x, 0..30),
                &rows[..30],
                weights.borrow(None),
                &state,
            );
            let go_on = rows[30];
            let from = LstmState {
                h: device.resize_rows(&first.state.h, go_on),
                c: device.resize_rows(&first.state.c, go_on),
            };
            let second = device.lstm_forward_packed(
                &packed(&x, 30..41),
                &rows[30..],
                weights.borrow(None),
                &from,
            );
            assert_eq!(bits(&first.y), bits(&packed(&whole.y, 0..30)));
            assert_eq!(bits(&second.y), bits(&packed(&whole.y, 30..41)));
            let last = &bits(&whole.state.c)[..rows[40] * hidden];
            assert_eq!(bits(&second.state.c), last);
        }
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "rows of later steps")]
fn a_sequence_cannot_begin_later() {
    let weights = Weights::<Cpu>::golden();
    let x = random(1, &[3, 2]);
    Cpu::default().lstm_forward_packed(&x, &[1, 2], weights.borrow(None), &golden::state());
}
