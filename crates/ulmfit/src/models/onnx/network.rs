//! A classifier's network as nodes of a graph.

use super::builder::{Builder, Setting, Value};
use super::proto::element;
use crate::checkpoint::{HostTensor, Tensors};
use crate::data::labels::LabelKind;
use crate::model::ClassifierConfig;
use crate::text::Direction;

/// What all networks of a graph read.
pub(super) struct Texts {
    /// `[T, B]`, in reading order, padded behind.
    ids: Value,
    /// `[B]`, 32 bits.
    lengths: Value,
    /// `[B]`, 64 bits.
    tokens: Value,
    /// `[T, 1]`: 0, 1, ..
    times: Value,
}

impl Texts {
    /// The inputs of the graph.
    pub(super) fn new(graph: &mut Builder) -> Self {
        let ids = graph.input(
            "ids",
            element::INT64,
            &["time", "batch"],
            "token ids in reading order, padded behind, a column per text",
        );
        let lengths =
            graph.input("lengths", element::INT32, &["batch"], "tokens of each text, at least 1");
        let tokens = cast(graph, "tokens", &lengths, element::INT64);
        let shape = graph.op("Shape", "ids_shape", &[&ids], &[]);
        let (zero, one) = (graph.integer("zero", 0), graph.integer("one", 1));
        let time = graph.op("Gather", "time", &[&shape, &zero], &[]);
        let range = graph.op("Range", "range", &[&zero, &time, &one], &[]);
        let axis = graph.axis(1);
        let times = graph.op("Unsqueeze", "times", &[&range, &axis], &[]);
        Self { ids, lengths, tokens, times }
    }
}

/// The network of one direction, with weights under their names in a model folder.
pub(super) struct Classifier<'a> {
    pub(super) direction: Direction,
    pub(super) config: &'a ClassifierConfig,
    pub(super) tensors: &'a Tensors,
}

/// PyTorch stacks the gates input, forget, cell, output; ONNX input, output, forget, cell.
const GATES: [usize; 4] = [0, 3, 1, 2];

/// The epsilon of batch norm.
const EPS: f32 = 1e-5;

impl Classifier<'_> {
    /// Probabilities (or values), `[B, C]`.
    pub(super) fn add_to(&self, graph: &mut Builder, texts: &Texts) -> Value {
        graph.enter(&format!("{}/", self.direction));
        let pooled = self.pooled(graph, texts);
        let logits = self.head(graph, pooled);
        let result = match self.config.task {
            LabelKind::Single => {
                graph.op("Softmax", "softmax", &[&logits], &[("axis", Setting::Integer(1))])
            }
            LabelKind::Multi => graph.op("Sigmoid", "sigmoid", &[&logits], &[]),
            LabelKind::Regression => self.in_users_units(graph, logits),
        };
        graph.enter("");
        result
    }

    fn tensor(&self, name: &str) -> &HostTensor {
        self.tensors.get(name).expect("a classifier has all tensors of its configuration")
    }

    /// First token that is pooled, counted from the beginning of the reading: that of the first
    /// piece that starts within the last `max_len` tokens, or of the last piece; `[B]`.
    ///
    /// The same as `bpt3c::skipped`, in whole numbers.
    fn skipped(&self, graph: &mut Builder, texts: &Texts) -> Value {
        let zero = graph.integer("zero", 0);
        let Some(max_len) = self.config.max_len else {
            return graph.op("Mul", "skipped", &[&texts.tokens, &zero], &[]);
        };
        let piece = graph.integer("piece", self.config.seq_len as i64);
        let at_least_zero = |graph: &mut Builder, name: &str, less: i64| {
            let less = graph.integer(&format!("{name}_less"), less);
            let rest = graph.op("Sub", &format!("{name}_rest"), &[&texts.tokens, &less], &[]);
            graph.op("Max", name, &[&rest, &zero], &[])
        };
        let whole = |graph: &mut Builder, name: &str, tokens: &Value| {
            let pieces = graph.op("Div", &format!("{name}_pieces"), &[tokens, &piece], &[]);
            graph.op("Mul", name, &[&pieces, &piece], &[])
        };
        let before_last = at_least_zero(graph, "before_last_token", 1);
        let last_piece = whole(graph, "last_piece", &before_last);
        let before = at_least_zero(graph, "before_window", max_len as i64);
        let rounding = graph.integer("rounding", self.config.seq_len as i64 - 1);
        let before = graph.op("Add", "before_window_up", &[&before, &rounding], &[]);
        let window = whole(graph, "window", &before);
        graph.op("Min", "skipped", &[&window, &last_piece], &[])
    }

    /// Last, maximum and mean of the states within the window, `[B, 3E]`.
    fn pooled(&self, graph: &mut Builder, texts: &Texts) -> Value {
        let skipped = self.skipped(graph, texts);
        let count = graph.op("Sub", "pooled_tokens", &[&texts.tokens, &skipped], &[]);
        let inside = match self.direction {
            Direction::Forward => {
                let begun = graph.op("GreaterOrEqual", "begun", &[&texts.times, &skipped], &[]);
                let goes_on = graph.op("Less", "goes_on", &[&texts.times, &texts.tokens], &[]);
                graph.op("And", "inside", &[&begun, &goes_on], &[])
            }
            // read from the end: what is skipped is there
            Direction::Backward => graph.op("Less", "inside", &[&texts.times, &count], &[]),
        };
        let axes = [graph.axis(0), graph.axis(1), graph.axis(2)];
        let inside = graph.op("Unsqueeze", "inside_states", &[&inside, &axes[2]], &[]);

        let (states, last) = self.encoder(graph, texts);
        let no_mean = graph.float("nothing", 0.0);
        let no_maximum = graph.float("lowest", f32::MIN);
        let keep = || [("keepdims", Setting::Integer(0))];
        let high = graph.op("Where", "states_for_max", &[&inside, &states, &no_maximum], &[]);
        let high = graph.op("ReduceMax", "max", &[&high, &axes[0]], &keep());
        let sum = graph.op("Where", "states_for_mean", &[&inside, &states, &no_mean], &[]);
        let sum = graph.op("ReduceSum", "sum", &[&sum, &axes[0]], &keep());
        let count = cast(graph, "pooled_tokens_float", &count, element::FLOAT);
        let count = graph.op("Unsqueeze", "pooled_tokens_column", &[&count, &axes[1]], &[]);
        let mean = graph.op("Div", "mean", &[&sum, &count], &[]);
        graph.op("Concat", "pooled", &[&last, &high, &mean], &[("axis", Setting::Integer(1))])
    }

    /// States of the last layer, `[T, B, E]`, and that after the last token read, `[B, E]`.
    fn encoder(&self, graph: &mut Builder, texts: &Texts) -> (Value, Value) {
        let direction = match self.direction {
            Direction::Forward => "forward",
            Direction::Backward => "reverse",
        };
        let (directions, time) = (graph.axis(1), graph.axis(0));
        let table = graph.weights("encoder.weight", self.tensor("0.module.encoder.weight"));
        let mut x = graph.op("Gather", "embedded", &[&table, &texts.ids], &[]);
        let mut last = x.clone();
        for layer in 0..self.config.encoder.layers {
            let (_, hidden) = self.config.encoder.layer(layer);
            let own = |part: &str| self.tensor(&format!("0.module.rnns.{layer}.{part}"));
            let [w_ih, w_hh] =
                ["module.weight_ih_l0", "weight_hh_l0_raw"].map(|part| reordered(own(part)));
            let [mut bias, b_hh] =
                ["module.bias_ih_l0", "module.bias_hh_l0"].map(|part| reordered(own(part)));
            bias.values.extend(b_hh.values);
            bias.dims = vec![1, 8 * hidden];
            let name = |part: &str| format!("lstm_{layer}.{part}");
            let w_ih = graph.weights(&name("W"), &w_ih);
            let w_hh = graph.weights(&name("R"), &w_hh);
            let bias = graph.weights(&name("B"), &bias);
            let inputs = [&x, &w_ih, &w_hh, &bias, &texts.lengths];
            let (all, end) = graph.lstm(&format!("lstm_{layer}"), inputs, hidden, direction);
            x = graph.op("Squeeze", &format!("states_{layer}"), &[&all, &directions], &[]);
            last = end;
        }
        let last = graph.op("Squeeze", "last", &[&last, &time], &[]);
        (x, last)
    }

    /// Batch norm, linear layer and, but for the last block, ReLU.
    fn head(&self, graph: &mut Builder, pooled: Value) -> Value {
        let last = self.config.head.hidden.len();
        let mut x = pooled;
        for block in 0..=last {
            let name = |part: &str| format!("1.layers.{block}.{part}");
            let mut weights = |part: &str| graph.weights(&name(part), self.tensor(&name(part)));
            let norm = ["0.weight", "0.bias", "0.running_mean", "0.running_var"].map(&mut weights);
            let linear = weights("2.weight");
            let [scale, shift, mean, variance] = &norm;
            let inputs = [&x, scale, shift, mean, variance];
            let settings = [("epsilon", Setting::Float(EPS))];
            x = graph.op("BatchNormalization", &format!("norm_{block}"), &inputs, &settings);
            let transposed = [("transB", Setting::Integer(1))];
            x = graph.op("Gemm", &format!("linear_{block}"), &[&x, &linear], &transposed);
            if block < last {
                x = graph.op("Relu", &format!("relu_{block}"), &[&x], &[]);
            }
        }
        x
    }

    fn in_users_units(&self, graph: &mut Builder, output: Value) -> Value {
        let Some(scale) = self.config.target_scale else { return output };
        let (sd, mean) =
            (graph.float("sd", scale.sd as f32), graph.float("mean_value", scale.mean as f32));
        let scaled = graph.op("Mul", "scaled", &[&output, &sd], &[]);
        graph.op("Add", "restored", &[&scaled, &mean], &[])
    }
}

/// The mean of the answers of all directions.
pub(super) fn mean(graph: &mut Builder, answers: Vec<Value>) -> Value {
    let share = 1.0 / answers.len() as f32;
    let mut answers = answers.into_iter();
    let first = answers.next().expect("a classifier has a direction");
    let add = |(n, sum), answer: Value| {
        (n + 1, graph.op("Add", &format!("sum_{n}"), &[&sum, &answer], &[]))
    };
    let (n, sum) = answers.fold((1, first), add);
    if n == 1 {
        return sum;
    }
    let share = graph.float("share", share);
    graph.op("Mul", "mean", &[&sum, &share], &[])
}

fn cast(graph: &mut Builder, name: &str, value: &Value, to: i32) -> Value {
    graph.op("Cast", name, &[value], &[("to", Setting::Integer(to.into()))])
}

/// Rows of the gates in ONNX's order, with an axis for the direction in front.
fn reordered(tensor: &HostTensor) -> HostTensor {
    let gate = tensor.values.len() / 4;
    let values = GATES.iter().flat_map(|g| &tensor.values[g * gate..(g + 1) * gate]).copied();
    let dims = std::iter::once(1).chain(tensor.dims.iter().copied()).collect();
    HostTensor { dims, values: values.collect() }
}
