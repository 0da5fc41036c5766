use std::collections::BTreeMap;

use half::{bf16, f16};
use proptest::prelude::*;
use safetensors::tensor::{Dtype as PeerDtype, SafeTensors, TensorView};

use super::{Dtype, HostTensor, Tensors, TensorsError, peek_tensors, read_tensors, write_tensors};
use crate::checkpoint::CheckpointError;

fn sample() -> Tensors {
    Tensors::from([
        ("0.encoder.weight".into(), HostTensor::new([3, 2], vec![0.5, -1.0, 2.0, 3.25, 0.0, -0.0])),
        ("1.decoder.bias".into(), HostTensor::new([3], vec![1e-40, f32::MAX, f32::MIN])),
        ("empty".into(), HostTensor::new([0, 4], vec![])),
        ("scalar".into(), HostTensor::new([], vec![7.0])),
    ])
}

fn shapes(tensors: &Tensors) -> BTreeMap<String, Vec<usize>> {
    tensors.iter().map(|(name, tensor)| (name.clone(), tensor.dims.clone())).collect()
}

#[test]
fn f32_comes_back_bit_for_bit() {
    let bytes = write_tensors(&sample(), Dtype::F32).unwrap();
    let back = read_tensors(&bytes, &shapes(&sample())).unwrap();
    assert_eq!(back, sample());
    assert!(back["0.encoder.weight"].values[5].is_sign_negative());
    assert_eq!(write_tensors(&back, Dtype::F32).unwrap(), bytes);
}

#[test]
fn the_safetensors_crate_reads_what_we_write() {
    let bytes = write_tensors(&sample(), Dtype::F32).unwrap();
    let peer = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(peer.len(), 4);
    for (name, tensor) in &sample() {
        let view = peer.tensor(name).unwrap();
        let raw: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!((view.shape(), view.data()), (&tensor.dims[..], &raw[..]), "{name}");
    }
}

#[test]
fn we_read_what_the_safetensors_crate_writes() {
    let numbers = [1.5_f32, -0.25, 65504.0, 6.1e-5];
    let f32s: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    let f16s: Vec<u8> = numbers.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
    let bf16s: Vec<u8> = numbers.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect();
    let views = [
        ("a", TensorView::new(PeerDtype::F16, vec![4], &f16s).unwrap()),
        ("b", TensorView::new(PeerDtype::BF16, vec![2, 2], &bf16s).unwrap()),
        ("c", TensorView::new(PeerDtype::F32, vec![1, 4], &f32s).unwrap()),
    ];
    let about = Some([("format".to_owned(), "pt".to_owned())].into());
    let bytes = safetensors::serialize(views, about).unwrap();
    let expected = BTreeMap::from([
        ("a".to_owned(), vec![4]),
        ("b".to_owned(), vec![2, 2]),
        ("c".to_owned(), vec![1, 4]),
    ]);
    let read = read_tensors(&bytes, &expected).unwrap();
    assert_eq!(read["c"].values, numbers);
    assert_eq!(read["a"].values, numbers.map(|x| f16::from_f32(x).to_f32()));
    assert_eq!(read["b"].values, numbers.map(|x| bf16::from_f32(x).to_f32()));
    let listed = peek_tensors(&bytes).unwrap();
    assert_eq!(listed.iter().map(|info| info.dtype.as_str()).collect::<Vec<_>>().len(), 3);
    assert_eq!(listed.iter().find(|info| info.name == "b").unwrap().dims, [2, 2]);
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    for (value, dtype) in [
        (f32::NAN, Dtype::F32),
        (f32::INFINITY, Dtype::F32),
        (f32::NEG_INFINITY, Dtype::F16),
        (65520.0, Dtype::F16), // rounds to infinity
    ] {
        let tensors = Tensors::from([("w".into(), HostTensor::new([2], vec![0.0, value]))]);
        let error = write_tensors(&tensors, dtype).unwrap_err();
        assert!(
            matches!(&error, CheckpointError::Tensors(TensorsError::NotFinite { tensor, position: 1 }) if tensor == "w"),
            "{value} {dtype:?}: {error}"
        );
    }
    let largest = Tensors::from([("w".into(), HostTensor::new([1], vec![65519.9]))]);
    assert!(write_tensors(&largest, Dtype::F16).is_ok());
}

proptest! {
    #[test]
    fn any_tensors_come_back(
        tensors in proptest::collection::btree_map(
            "[a-z0-9._]{1,12}|\\PC{1,4}",
            proptest::collection::vec(-1e30_f32..1e30, 0..40),
            0..12,
        )
    ) {
        let tensors: Tensors = tensors
            .into_iter()
            .filter(|(name, _)| name != "__metadata__")
            .map(|(name, values)| (name, HostTensor::new([values.len(), 1], values)))
            .collect();
        let bytes = write_tensors(&tensors, Dtype::F32).unwrap();
        prop_assert_eq!(read_tensors(&bytes, &shapes(&tensors)).unwrap(), tensors);
    }

    #[test]
    fn integers_are_rounded_to_the_nearest(
        rows in proptest::collection::vec([-1e30_f32..1e30, -1.0..1.0, -1e-42..1e-42], 0..9)
    ) {
        let width = 3;
        let values: Vec<f32> = rows.iter().flatten().copied().collect();
        let matrix = HostTensor::new([rows.len(), width], values);
        let vector = HostTensor::new([3], vec![0.1, -2.0, 3e7]);
        let tensors = Tensors::from([("m".into(), matrix), ("v".into(), vector.clone())]);
        for (dtype, error) in [(Dtype::Int8, 0.5 / 127.0), (Dtype::Int6, 0.5 / 31.0)] {
            let bytes = write_tensors(&tensors, dtype).unwrap();
            SafeTensors::deserialize(&bytes).unwrap(); // others can read it, too
            let back = read_tensors(&bytes, &shapes(&tensors)).unwrap();
            prop_assert_eq!(&back["v"], &vector);
            for (row, back) in rows.iter().zip(back["m"].values.chunks(width)) {
                let largest = row.iter().fold(0.0_f32, |max, value| max.max(value.abs()));
                for (value, back) in row.iter().zip(back) {
                    prop_assert!((value - back).abs() <= largest * (error + 1e-6), "{value} {back}");
                }
            }
        }
    }

    #[test]
    fn halves_are_rounded_to_the_nearest(value in -65000.0_f32..65000.0) {
        let tensors = Tensors::from([("w".into(), HostTensor::new([1], vec![value]))]);
        let bytes = write_tensors(&tensors, Dtype::F16).unwrap();
        let back = read_tensors(&bytes, &shapes(&tensors)).unwrap()["w"].values[0];
        prop_assert!((back - value).abs() <= value.abs() / 2048.0 + 3.0e-8);
    }
}
