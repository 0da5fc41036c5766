use super::*;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, bits, random, weighted_sum,
};
use crate::{Cpu, Device, Reference};

/// Query, key and value of `rows` rows.
fn inputs<D: Device>(rows: usize, width: usize) -> [Tensor<D>; 3] {
    [1, 2, 3].map(|site| random(site, &[rows, width]))
}

fn input<'a, D: Device>(
    [query, key, value]: &'a [Tensor<D>; 3],
    lengths: &'a [usize],
    heads: usize,
) -> AttentionInput<'a, D> {
    AttentionInput { query, key, value, lengths, heads, presence: None }
}

/// `torch.nn.functional.scaled_dot_product_attention(q, k, v)` in float64.
#[test]
fn values_are_pytorchs() {
    fn check<D: Device>() {
        let query = Tensor::<D>::from_f64(&[3, 2], &[1.0, 0.0, 0.0, 2.0, -1.0, 1.0]);
        let key = Tensor::from_f64(&[3, 2], &[1.0, 1.0, 2.0, 0.0, 0.0, -1.0]);
        let value = Tensor::from_f64(&[3, 2], &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
        let x = [query, key, value];
        let y = D::default().attention_forward(input(&x, &[3], 1));
        let wanted = [
            1.856_033_835_302,
            18.560_338_353_021,
            1.277_470_426_775,
            12.774_704_267_751,
            1.708_020_064_526,
            17.080_200_645_259,
        ];
        assert_close("y", &y.to_f64(), &wanted, 1e-6);
        // a sequence of one row tells what it is
        let y = D::default().attention_forward(input(&x, &[1, 1, 1], 2));
        assert_eq!(y.to_f64(), [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (x, lengths) = (inputs::<Reference>(6, 4), [4, 2]);
    let dy = random(4, &[6, 4]);
    let grads = device.attention_backward(input(&x, &lengths, 2), &dy);
    let loss = |x: &[Tensor<Reference>; 3]| {
        weighted_sum(4, &device.attention_forward(input(x, &lengths, 2)))
    };
    for (n, grad) in [&grads.query, &grads.key, &grads.value].into_iter().enumerate() {
        assert_gradient(["query", "key", "value"][n], &x[n], grad, |moved| {
            let mut x = x.clone();
            x[n] = moved.clone();
            loss(&x)
        });
    }
}

/// Numbers between 0 and 1.
fn presence<D: Device>(rows: usize) -> Tensor<D> {
    let values = random::<Reference>(9, &[rows]).to_f64();
    Tensor::from_f64(&[rows], &values.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect::<Vec<_>>())
}

#[test]
fn a_row_that_is_hardly_there_is_not_seen() {
    fn check<D: Device>() {
        let x = inputs::<D>(5, 6);
        let there = Tensor::from_f64(&[5], &[1.0, 1.0, 1.0, 1e-30, 1e-30]);
        let seen = AttentionInput { presence: Some(&there), ..input(&x, &[5], 2) };
        let y = D::default().attention_forward(seen).to_f64();
        let part = x.map(|x| D::default().resize_rows(&x, 3));
        let wanted = D::default().attention_forward(input(&part, &[3], 2)).to_f64();
        assert_close("y", &y[..18], &wanted, 1e-6);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_with_presence_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (x, lengths, there) = (inputs::<Reference>(6, 4), [4, 2], presence(6));
    let of = |x: &[Tensor<Reference>; 3], there: &Tensor<Reference>| {
        let x = AttentionInput { presence: Some(there), ..input(x, &lengths, 2) };
        weighted_sum(4, &device.attention_forward(x))
    };
    let seen = AttentionInput { presence: Some(&there), ..input(&x, &lengths, 2) };
    let grads = device.attention_backward(seen, &random(4, &[6, 4]));
    for (n, grad) in [&grads.query, &grads.key, &grads.value].into_iter().enumerate() {
        assert_gradient(["query", "key", "value"][n], &x[n], grad, |moved| {
            let mut x = x.clone();
            x[n] = moved.clone();
            of(&x, &there)
        });
    }
    assert_gradient("presence", &there, &grads.presence.unwrap(), |moved| of(&x, moved));
}

#[test]
#[should_panic(expected = "3 heads of 4 columns")]
fn heads_share_the_columns() {
    let x = inputs::<Reference>(2, 4);
    Reference::<f64>::default().attention_forward(input(&x, &[2], 3));
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([longest, heads, head]: [usize; 3]) -> Results {
        let lengths: Vec<usize> = (0..5).map(|n| 1 + n * longest / 5).collect();
        let rows = lengths.iter().sum();
        let x = inputs::<D>(rows, heads * head);
        let y = D::default().attention_forward(input(&x, &lengths, heads));
        let dy = random(4, y.dims());
        let grads = D::default().attention_backward(input(&x, &lengths, heads), &dy);
        let there = presence(rows);
        let seen = AttentionInput { presence: Some(&there), ..input(&x, &lengths, heads) };
        let of_present = D::default().attention_backward(seen, &dy);
        vec![
            ("y", y.to_f64()),
            ("query", grads.query.to_f64()),
            ("key", grads.key.to_f64()),
            ("value", grads.value.to_f64()),
            ("y of present rows", D::default().attention_forward(seen).to_f64()),
            ("query of present rows", of_present.query.to_f64()),
            ("presence", of_present.presence.unwrap().to_f64()),
        ]
    }
    let sizes = [[1, 1, 1], [9, 3, 5], [131, 2, 32], [600, 1, 7]];
    assert_cpu_follows(&sizes, 1e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_sequence_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = inputs::<D>(40, 12);
        let all = bits(&D::default().attention_forward(input(&x, &[7, 30, 3], 3)));
        let part = x.clone().map(|x| D::default().resize_rows(&x, 37));
        let part = bits(&D::default().attention_forward(input(&part, &[7, 30], 3)));
        assert_eq!(part, all[..part.len()]);
        let alone = x.map(|x| D::default().resize_rows(&x, 7));
        let alone = bits(&D::default().attention_forward(input(&alone, &[7], 3)));
        assert_eq!(alone, all[..alone.len()]);
    }
    check::<Reference>();
    check::<Cpu>();
}
