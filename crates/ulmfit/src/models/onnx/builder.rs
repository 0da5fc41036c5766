//! A graph, node by node.

use super::proto::{
    Attribute, Dimension, Graph, Node, Shape, Tensor, TensorType, ValueInfo, ValueType, attribute,
    element,
};
use crate::checkpoint::HostTensor;

/// The name of a value in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(String);

/// A graph that is being made. Every method that computes adds a node and returns its value.
#[derive(Debug, Default)]
pub(super) struct Builder {
    graph: Graph,
    /// What names of new values begin with.
    scope: String,
}

/// The setting of an operation.
pub(super) enum Setting {
    Float(f32),
    Integer(i64),
    Text(&'static str),
}

impl Builder {
    /// An empty graph of this name.
    pub(super) fn new(name: &str) -> Self {
        Self { graph: Graph { name: name.to_owned(), ..Graph::default() }, scope: String::new() }
    }

    /// The graph.
    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// Names of values made from now on begin with `scope`.
    pub(super) fn enter(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    /// An input: its elements, and names of the lengths that callers choose.
    pub(super) fn input(&mut self, name: &str, elements: i32, axes: &[&str], doc: &str) -> Value {
        let dim = |axis: &&str| Dimension { dim_value: None, dim_param: Some((*axis).to_owned()) };
        self.graph.input.push(described(name, elements, axes.iter().map(dim).collect(), doc));
        Value(name.to_owned())
    }

    /// Gives a value the name of an output, `[batch, width]` numbers.
    pub(super) fn output(&mut self, value: &Value, name: &str, width: usize, doc: &str) {
        self.node("Identity", &[value], &[name.to_owned()], &[]);
        let batch = Dimension { dim_value: None, dim_param: Some("batch".into()) };
        let width = Dimension { dim_value: Some(width as i64), dim_param: None };
        self.graph.output.push(described(name, element::FLOAT, vec![batch, width], doc));
    }

    /// Weights.
    pub(super) fn weights(&mut self, name: &str, tensor: &HostTensor) -> Value {
        let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, &tensor.dims, element::FLOAT, bytes)
    }

    /// A number, `[]`.
    pub(super) fn float(&mut self, name: &str, value: f32) -> Value {
        self.initializer(name, &[], element::FLOAT, value.to_le_bytes().to_vec())
    }

    /// A whole number, `[]`.
    pub(super) fn integer(&mut self, name: &str, value: i64) -> Value {
        self.initializer(name, &[], element::INT64, value.to_le_bytes().to_vec())
    }

    /// The number of an axis, `[1]`, as operations take it.
    pub(super) fn axis(&mut self, axis: i64) -> Value {
        let name = format!("axis_{axis}");
        let value = Value(name.clone());
        if !self.graph.initializer.iter().any(|tensor| tensor.name == name) {
            self.initializer_as(name, &[1], element::INT64, axis.to_le_bytes().to_vec());
        }
        value
    }

    /// The only output of an operation.
    pub(super) fn op(
        &mut self,
        operation: &str,
        name: &str,
        inputs: &[&Value],
        settings: &[(&str, Setting)],
    ) -> Value {
        let value = self.scoped(name);
        self.node(operation, inputs, std::slice::from_ref(&value.0), settings);
        value
    }

    /// The outputs of a layer of LSTM over time: all of them, and the last one of each text.
    ///
    /// # Shapes
    /// `x`: `[T, B, I]`, `lengths`: `[B]`; result: `[T, 1, B, H]` and `[1, B, H]`
    pub(super) fn lstm(
        &mut self,
        name: &str,
        inputs: [&Value; 5],
        hidden: usize,
        direction: &'static str,
    ) -> (Value, Value) {
        let (all, last) = (self.scoped(name), self.scoped(&format!("{name}_last")));
        let settings = [
            ("hidden_size", Setting::Integer(hidden as i64)),
            ("direction", Setting::Text(direction)),
        ];
        self.node("LSTM", &inputs, &[all.0.clone(), last.0.clone()], &settings);
        (all, last)
    }

    fn scoped(&self, name: &str) -> Value {
        Value(format!("{}{name}", self.scope))
    }

    fn initializer(&mut self, name: &str, dims: &[usize], kind: i32, bytes: Vec<u8>) -> Value {
        let value = self.scoped(name);
        self.initializer_as(value.0.clone(), dims, kind, bytes);
        value
    }

    fn initializer_as(&mut self, name: String, dims: &[usize], data_type: i32, bytes: Vec<u8>) {
        let dims = dims.iter().map(|&dim| dim as i64).collect();
        self.graph.initializer.push(Tensor { dims, data_type, name, raw_data: bytes });
    }

    fn node(
        &mut self,
        operation: &str,
        inputs: &[&Value],
        outputs: &[String],
        settings: &[(&str, Setting)],
    ) {
        let attribute = |(name, setting): &(&str, Setting)| {
            let plain = Attribute { name: (*name).to_owned(), ..Attribute::default() };
            match setting {
                Setting::Float(f) => Attribute { f: Some(*f), kind: attribute::FLOAT, ..plain },
                Setting::Integer(i) => Attribute { i: Some(*i), kind: attribute::INT, ..plain },
                Setting::Text(text) => Attribute {
                    s: Some(text.as_bytes().to_vec()),
                    kind: attribute::STRING,
                    ..plain
                },
            }
        };
        self.graph.node.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: outputs.to_vec(),
            name: format!("node_{}", outputs[0]),
            op_type: operation.to_owned(),
            attribute: settings.iter().map(attribute).collect(),
        });
    }
}

fn described(name: &str, elem_type: i32, dim: Vec<Dimension>, doc: &str) -> ValueInfo {
    let tensor_type = Some(TensorType { elem_type, shape: Some(Shape { dim }) });
    let kind = Some(ValueType { tensor_type });
    ValueInfo { name: name.to_owned(), kind, doc_string: doc.to_owned() }
}
