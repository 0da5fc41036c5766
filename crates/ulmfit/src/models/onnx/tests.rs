use super::proto::{Model, Tensor, attribute, element};
use super::*;
use crate::data::labels::LabelSet;
use crate::model::{AwdLstmConfig, ClassifierConfig, DropoutConfig, TargetScale};
use crate::models::Part;
use crate::text::{TextConfig, VocabConfig};
use std::collections::{BTreeMap, BTreeSet};
use ulmfit_ops::{Key, Tensor as Array};

/// A classifier of random weights: no two gates or directions are alike.
fn bundle(kind: LabelKind, classes: usize, directions: &[Direction]) -> ClassifierBundle {
    let documents = [["one two three four five".to_owned()]];
    let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let documents = documents.iter().map(|fields| fields.to_vec());
    let text = TextPipeline::build(&TextConfig::default(), &vocab, documents).unwrap();
    let encoder = AwdLstmConfig { vocab: text.vocab().len(), emb: 4, hid: 6, layers: 3 };
    let scale = TargetScale { mean: 5.0, sd: 2.0 };
    let config = ClassifierConfig {
        target_scale: (kind == LabelKind::Regression).then_some(scale),
        ..ClassifierConfig::new(encoder, classes, kind)
    };
    let network = |(n, &direction): (usize, &Direction)| {
        let key = Key::new(n as u64);
        let mut network =
            TextClassifier::new(Cpu::default(), config.clone(), DropoutConfig::NONE, key);
        for (name, buffer) in crate::model::Network::buffers_mut(&mut network) {
            let values = Key::new(name.len() as u64).uniform_values(buffer.len(), 0.5);
            let values: Vec<f32> = values.into_iter().map(|value| value + 1.0).collect();
            *buffer = Array::from_f32(&[values.len()], &values);
        }
        (direction, ClassifierNetwork::Recurrent(network))
    };
    let networks = directions.iter().enumerate().map(network).collect();
    let names = match kind {
        LabelKind::Regression => Vec::new(),
        _ => (0..classes).map(|n| format!("label {n}")).collect(),
    };
    ClassifierBundle::of_part(
        Part { text: text.into(), networks },
        LabelSet::from_names(kind, names),
    )
}

fn read(bundle: &ClassifierBundle) -> (Model, super::proto::Graph) {
    let model = Model::decode(&bundle.to_onnx().unwrap()[..]).unwrap();
    let graph = model.graph.clone().unwrap();
    (model, graph)
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    assert_eq!(tensor.data_type, element::FLOAT);
    let (chunks, rest) = tensor.raw_data.as_chunks::<4>();
    assert!(rest.is_empty());
    chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

const BOTH: [Direction; 2] = [Direction::Forward, Direction::Backward];

#[test]
fn a_file_is_a_valid_graph() {
    for (kind, classes, directions) in [
        (LabelKind::Single, 3, &BOTH[..]),
        (LabelKind::Multi, 2, &BOTH[1..]),
        (LabelKind::Regression, 1, &BOTH[..1]),
    ] {
        let bundle = bundle(kind, classes, directions);
        let (model, graph) = read(&bundle);
        assert_eq!((model.ir_version, model.opset_import[0].version), (8, 18));
        let mut known = BTreeSet::new();
        for tensor in &graph.initializer {
            let elements: i64 = tensor.dims.iter().product();
            let width = if tensor.data_type == element::FLOAT { 4 } else { 8 };
            assert_eq!(tensor.raw_data.len(), elements as usize * width, "{}", tensor.name);
            assert!(known.insert(&tensor.name[..]), "{} is there twice", tensor.name);
        }
        let inputs: Vec<_> = graph.input.iter().map(|input| &input.name[..]).collect();
        assert_eq!(inputs, ["ids", "lengths"]);
        known.extend(inputs);
        for node in &graph.node {
            for input in &node.input {
                assert!(known.contains(&input[..]), "{} of {} is not known yet", input, node.name);
            }
            for output in &node.output {
                assert!(known.insert(output), "{output} is computed twice");
            }
            for setting in &node.attribute {
                let kinds = [
                    (setting.f.is_some(), attribute::FLOAT),
                    (setting.i.is_some(), attribute::INT),
                    (setting.s.is_some(), attribute::STRING),
                ];
                let given: Vec<i32> =
                    kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
                assert_eq!(given, [setting.kind], "{} of {}", setting.name, node.name);
            }
        }
        let used: BTreeSet<&str> =
            graph.node.iter().flat_map(|n| &n.input).map(|n| &n[..]).collect();
        for tensor in &graph.initializer {
            assert!(used.contains(&tensor.name[..]), "{} is not used", tensor.name);
        }
        assert_eq!(graph.output.len(), 1);
        let output = &graph.output[0];
        assert_eq!(
            output.name,
            if kind == LabelKind::Regression { "values" } else { "probabilities" }
        );
        assert!(known.contains(&output.name[..]));
        let shape = output.kind.clone().unwrap().tensor_type.unwrap().shape.unwrap();
        assert_eq!(shape.dim[1].dim_value, Some(classes as i64));
    }
}

#[test]
fn it_has_plain_operators_and_a_layer_per_direction() {
    let (_, graph) = read(&bundle(LabelKind::Single, 3, &BOTH));
    let mut counts = BTreeMap::new();
    graph.node.iter().for_each(|node| *counts.entry(&node.op_type[..]).or_insert(0) += 1);
    let plain = [
        "Add",
        "And",
        "BatchNormalization",
        "Cast",
        "Concat",
        "Div",
        "Gather",
        "Gemm",
        "GreaterOrEqual",
        "Identity",
        "LSTM",
        "Less",
        "Max",
        "Min",
        "Mul",
        "Range",
        "ReduceMax",
        "ReduceSum",
        "Relu",
        "Shape",
        "Softmax",
        "Squeeze",
        "Sub",
        "Unsqueeze",
        "Where",
    ];
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), {
        let mut plain = plain;
        plain.sort_unstable();
        plain
    });
    assert_eq!((counts["LSTM"], counts["Softmax"], counts["Gemm"]), (6, 2, 4));
    let way = |node: &super::proto::Node| {
        let setting = node.attribute.iter().find(|a| a.name == "direction").unwrap();
        String::from_utf8(setting.s.clone().unwrap()).unwrap()
    };
    let ways: Vec<_> = graph.node.iter().filter(|n| n.op_type == "LSTM").map(way).collect();
    assert_eq!(ways, ["forward", "forward", "forward", "reverse", "reverse", "reverse"]);
}

/// PyTorch has input, forget, cell, output; ONNX input, output, forget, cell.
#[test]
fn gates_are_in_the_order_of_onnx() {
    let bundle = bundle(LabelKind::Single, 3, &BOTH);
    let (_, graph) = read(&bundle);
    let ClassifierNetwork::Recurrent(network) = &bundle.parts[0].1.networks[1].1 else {
        unreachable!("they are recurrent")
    };
    let ours = pack_one(network);
    let of = |name: &str| graph.initializer.iter().find(|t| t.name == name).unwrap();
    let hid = 6;
    for (theirs, name, width) in [
        ("backward/lstm_1.W", "0.module.rnns.1.module.weight_ih_l0", hid),
        ("backward/lstm_1.R", "0.module.rnns.1.weight_hh_l0_raw", hid),
    ] {
        let tensor = of(theirs);
        assert_eq!(tensor.dims, [1, 4 * hid as i64, width as i64]);
        let (found, wanted) = (floats(tensor), &ours[name].values);
        for (gate, from) in [0, 3, 1, 2].into_iter().enumerate() {
            let size = hid * width;
            assert_eq!(found[gate * size..][..size], wanted[from * size..][..size], "{gate}");
        }
    }
    let bias = of("backward/lstm_1.B");
    assert_eq!(bias.dims, [1, 8 * hid as i64]);
    let hidden = &ours["0.module.rnns.1.module.bias_hh_l0"].values;
    assert_eq!(floats(bias)[5 * hid..6 * hid], hidden[3 * hid..4 * hid], "the output gate");
}

#[test]
fn the_check_has_32_texts_with_answers_of_the_model() {
    let bundle = bundle(LabelKind::Regression, 1, &BOTH);
    let check = bundle.onnx_check().unwrap();
    let cases = check["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 32);
    let text = bundle.parts[0].1.text.pipeline().unwrap();
    for case in cases {
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        assert_eq!(ids, text.encode(&[case["text"].as_str().unwrap()]));
        let answer = bundle.parts[0].1.probabilities_of_ids(&[ids], 1, &mut |_, _| ()).unwrap();
        let value = case["values"][0].as_f64().unwrap();
        assert!((value - f64::from(answer[0][0])).abs() < 1e-6);
    }
    let longest = cases.iter().map(|case| case["ids"].as_array().unwrap().len()).max();
    assert!(longest > Some(2900), "{longest:?}");
}
