use super::*;
use crate::testing::{assert_close, values};

fn floats(site: u64, n: usize) -> Vec<f32> {
    values(site, n, 1.0).into_iter().map(|v| v as f32).collect()
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The product in double precision, and its factors rounded as a kernel's precision asks for.
fn exact(a: &[f32], b: &[f32], [m, n, k]: [usize; 3], precision: Precision) -> Vec<f64> {
    let bf16 = |v: &f32| {
        let bits = v.to_bits();
        let half = (u64::from(bits) + 0x7fff + u64::from(bits >> 16 & 1)) as u32;
        f64::from(f32::from_bits(half & 0xffff_0000))
    };
    // Each group of elements with one scale.
    let int8 = |group: Vec<f32>| {
        let scale = group.iter().fold(0.0, |max: f32, v| max.max(v.abs())) / 127.0;
        let rounded = group.iter().map(|v| f64::from((v / scale).round_ties_even() * scale));
        rounded.collect::<Vec<_>>()
    };
    let (a, b): (Vec<f64>, Vec<f64>) = match precision {
        Precision::F32 => (doubles(a), doubles(b)),
        Precision::Bf16 => (a.iter().map(bf16).collect(), b.iter().map(bf16).collect()),
        Precision::Int8 => {
            let columns = transposed(b, n).chunks(k).flat_map(|c| int8(c.to_vec())).collect();
            let columns: Vec<f64> = columns;
            let b = (0..b.len()).map(|at| columns[at % n * k + at / n]).collect();
            (a.chunks(k).flat_map(|row| int8(row.to_vec())).collect(), b)
        }
    };
    (0..m * n)
        .map(|at| (at / n, at % n))
        .map(|(row, column)| (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum())
        .collect()
}

fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..values.len()).map(|at| values[at % rows * columns + at / rows]).collect()
}

fn run(
    kernel: kernel::Available,
    out: &mut [f32],
    a: Matrix<'_>,
    b: Matrix<'_>,
    accumulate: Accumulate,
) {
    PackedRhs::for_kernel(b, kernel).product(out, a, accumulate);
}

#[test]
fn every_kernel_is_right_in_every_layout() {
    // the last has more rows than are laid out at once when they are columns
    let mut sizes =
        vec![[130, 66, 37], [64, 64, 600], [9, 200, 513], [250, 50, 3], [FEW_ROWS + 77, 40, 300]];
    sizes.extend((1..14).flat_map(|m| [[m, 1, 1], [m, 47, 2], [m, 97, 5], [m, 160, 20]]));
    for kernel in kernel::available() {
        for size @ [m, n, k] in sizes.clone() {
            let what = format!("{}, {m} x {k} x {n}", kernel.name);
            let (a, b) = (floats(1, m * k), floats(2, k * n));
            let wanted = exact(&a, &b, size, kernel.precision);
            let (a_t, b_t) = (transposed(&a, k), transposed(&b, n));
            let (a, b) = (Matrix::new(&a, k), Matrix::new(&b, n));
            let (a_t, b_t) = (Matrix::new(&a_t, m).transposed(), Matrix::new(&b_t, k).transposed());
            let mut out = floats(3, m * n);
            let more: Vec<f64> = doubles(&out).iter().zip(&wanted).map(|(o, w)| o + w).collect();
            run(kernel, &mut out, a, b, Accumulate::Yes);
            assert_close(&format!("{what}, added"), &doubles(&out), &more, 1e-5);
            run(kernel, &mut out, a, b, Accumulate::No);
            assert_close(&what, &doubles(&out), &wanted, 1e-5);
            let first = bits(&out);
            for (a, b) in [(a_t, b), (a, b_t), (a_t, b_t)] {
                out.fill(f32::NAN);
                run(kernel, &mut out, a, b, Accumulate::No);
                assert!(bits(&out) == first, "{what}: a layout changes bits");
            }
        }
    }
}

#[test]
fn kernels_with_one_rounding_agree_to_the_bit() {
    let [m, n, k] = [67, 131, 700];
    let (a, b) = (floats(1, m * k), floats(2, k * n));
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let fused = kernel::available().filter(|kernel| {
            // The instruction for pairs treats tiny numbers as zero; there are none here.
            // Arm's adds the two products first. Portable kernels round once on Arm, where that is
            // no library call.
            let is_fused = cfg!(target_arch = "aarch64") || !kernel.name.starts_with("portable");
            let is_fused = is_fused && kernel.name != "neon bf16";
            kernel.precision == precision && is_fused
        });
        let results: Vec<_> = fused
            .map(|kernel| {
                let mut out = vec![0.0; m * n];
                run(kernel, &mut out, Matrix::new(&a, k), Matrix::new(&b, n), Accumulate::No);
                (kernel.name, bits(&out))
            })
            .collect();
        for (name, result) in &results {
            assert!(*result == results[0].1, "{name} and {} differ", results[0].0);
        }
    }
}

#[test]
fn rows_do_not_feel_each_other() {
    for kernel in kernel::available() {
        for [inputs, outputs] in [[1, 1], [3, 50], [37, 401], [600, 72], [1152, 4608]] {
            let (x, w) = (floats(4, 70 * inputs), floats(5, outputs * inputs));
            let w = PackedRhs::for_kernel(Matrix::new(&w, inputs).transposed(), kernel);
            let mut all = vec![0.0; 70 * outputs];
            w.product(&mut all, Matrix::new(&x, inputs), Accumulate::No);
            for rows in [1, 2, 3, 4, 5, 6, 7, 8, 9, 23, 24, 25, 64, 65] {
                // The last rows, so that their place in a tile differs too.
                let skip = 70 - rows;
                let mut part = vec![0.0; rows * outputs];
                w.product(&mut part, Matrix::new(&x[skip * inputs..], inputs), Accumulate::No);
                let same = bits(&part) == bits(&all[skip * outputs..]);
                assert!(same, "{}: {rows} rows of {inputs} -> {outputs}", kernel.name);
            }
        }
    }
}

#[test]
fn what_is_not_finite_spreads_along_its_row_only() {
    for kernel in kernel::available() {
        for value in [f32::NAN, f32::INFINITY, -f32::INFINITY] {
            let (a, b) = ([1.0, value, 1.0, 1.0], [1.0; 4]);
            let mut out = [0.0; 4];
            run(kernel, &mut out, Matrix::new(&a, 2), Matrix::new(&b, 2), Accumulate::No);
            assert!(!out[0].is_finite(), "{}: {value} is lost", kernel.name);
            assert_eq!(out[2..].iter().sum::<f32>().to_bits(), 4_f32.to_bits(), "{}", kernel.name);
        }
    }
}

#[test]
fn nothing_times_nothing() {
    let cases =
        [Precision::F32, Precision::Bf16].map(|precision| [(precision, 2), (precision, 99)]);
    for (precision, columns) in cases.into_iter().flatten() {
        let mut out = vec![1.0; 3 * columns];
        let empty = Matrix { data: &[], rows: 3, columns: 0, row_stride: 0, column_stride: 1 };
        let other = Matrix { data: &[], rows: 0, columns, row_stride: columns, column_stride: 1 };
        product(&mut out, empty, other, Accumulate::Yes, precision);
        assert_eq!(bits(&out), bits(&vec![1.0; 3 * columns]));
        product(&mut out, empty, other, Accumulate::No, precision);
        assert_eq!(bits(&out), bits(&vec![0.0; 3 * columns]), "a sum of nothing");
        let none = Matrix::new(&[], 2);
        product(&mut [], none, Matrix::new(&[1.0; 4], 2), Accumulate::No, precision);
    }
}
