//! The Open Inference Protocol, version 2, over REST: what KServe, Triton and MLServer speak.
//!
//! <https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md>

use super::app::App;
use super::front::{Arrival, TextCount};
use super::predict::{parse, unsupported};
use super::texts::{Answered, Asked, Fields, answer, check_count};
use super::{bad_path, body, json};
use crate::api::{Bounded, Object, Text};
use crate::hosted::Loaded;
use crate::problem::{Kind, Problem};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;
use std::sync::Arc;
use ulmfit::data::labels::LabelKind;
use utoipa::ToSchema;

type Names = Result<Path<BTreeMap<String, String>>, PathRejection>;

/// The model of a path; its version is the hash of its folder.
fn find(app: &App, names: Names) -> Result<Arc<Loaded>, Problem> {
    let Path(names) = names.map_err(|_| bad_path())?;
    let model = app.model(names.get("model").map(String::as_str))?;
    match names.get("version").filter(|version| **version != model.hash) {
        Some(version) => {
            let detail = format!("the model `{}` has no version `{version}`", model.name);
            let hint = format!("its version is `{}`", model.hash);
            Err(Problem::new(Kind::NotFound, detail).hint(hint))
        }
        None => Ok(model),
    }
}

/// The server.
#[utoipa::path(get, path = "/v2", tag = "open inference protocol",
    responses((status = 200, description = "Name and version of the server", body = super::openapi::AnyObject)))]
pub(super) async fn server() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    json(&value!({ "name": "ulmfit", "version": version, "extensions": [] }))
}

/// Whether the process runs.
#[utoipa::path(get, path = "/v2/health/live", operation_id = "v2_live", tag = "open inference protocol",
    responses((status = 200, description = "The process runs", body = super::openapi::AnyObject)))]
pub(super) async fn live() -> Response {
    json(&value!({ "live": true }))
}

/// Whether the server accepts requests.
#[utoipa::path(get, path = "/v2/health/ready", operation_id = "v2_ready", tag = "open inference protocol",
    responses(
        (status = 200, description = "The server is ready", body = super::openapi::AnyObject),
        (status = 503, description = "It is stopping", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    if app.is_stopping() {
        return Err(Problem::stopping());
    }
    Ok(json(&value!({ "ready": true })))
}

/// Inputs and outputs of a model.
#[utoipa::path(get, path = "/v2/models/{model}", tag = "open inference protocol",
    params(("model" = String, Path, description = "Name of the model")),
    responses(
        (status = 200, description = "Its tensors", body = super::openapi::AnyObject),
        (status = 404, description = "No such model", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn model(State(app): State<Arc<App>>, names: Names) -> Result<Response, Problem> {
    let model = find(&app, names)?;
    let inputs: Vec<Value> = columns(&model)
        .iter()
        .map(|name| value!({ "name": name, "datatype": "BYTES", "shape": [-1] }))
        .collect();
    let classes = model.classifier.labels().len();
    let text = |name| value!({ "name": name, "datatype": "BYTES", "shape": [-1] });
    let probabilities =
        value!({ "name": "probabilities", "datatype": "FP32", "shape": [-1, classes] });
    let outputs = match model.classifier.task() {
        LabelKind::Single => vec![text("label"), probabilities],
        LabelKind::Multi => vec![text("labels"), probabilities],
        LabelKind::Regression => {
            vec![value!({ "name": "value", "datatype": "FP32", "shape": [-1] })]
        }
    };
    Ok(json(&value!({
        "name": model.name, "versions": [model.hash], "platform": "ulmfit",
        "inputs": inputs, "outputs": outputs,
        "parameters": { "labels": model.classifier.labels() },
    })))
}

/// Whether a model is ready.
#[utoipa::path(get, path = "/v2/models/{model}/ready", tag = "open inference protocol",
    params(("model" = String, Path, description = "Name of the model")),
    responses(
        (status = 200, description = "It is ready", body = super::openapi::AnyObject),
        (status = 404, description = "No such model", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The server is stopping", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn model_ready(
    State(app): State<Arc<App>>,
    names: Names,
) -> Result<Response, Problem> {
    let model = find(&app, names)?;
    if app.is_stopping() {
        return Err(Problem::stopping());
    }
    Ok(json(&value!({ "name": model.name, "ready": true })))
}

/// Names of the inputs: the columns that the model was trained on.
fn columns(model: &Loaded) -> Vec<&str> {
    match model.classifier.text_columns() {
        [] | [_] => vec!["text"],
        several => several.iter().map(String::as_str).collect(),
    }
}

/// A request for predictions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InferRequest {
    /// Returned in the answer.
    #[schema(nullable = false)]
    id: Option<String>,
    /// Ignored, except `binary_data_output`, which is refused.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, super::openapi::Scalar>)]
    parameters: BTreeMap<String, Value>,
    /// `text`; or the columns that the model was trained on, if there are several.
    #[schema(value_type = Vec<InferInput>, min_items = 1, max_items = 1)]
    inputs: Vec<Object<InferInput>>,
    /// The outputs to return (default: all).
    #[serde(default)]
    #[schema(value_type = Vec<InferOutput>)]
    outputs: Vec<Object<InferOutput>>,
}

/// A tensor of texts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InferInput {
    name: String,
    /// `[n]` or `[n, 1]`.
    #[schema(value_type = Vec<u32>, min_items = 1, max_items = 2)]
    shape: Vec<u64>,
    /// `BYTES`.
    datatype: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, super::openapi::Scalar>)]
    parameters: BTreeMap<String, Value>,
    /// `n` texts.
    #[schema(value_type = Vec<String>)]
    data: Bounded<Text>,
}

/// An output to return.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InferOutput {
    name: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, super::openapi::Scalar>)]
    parameters: BTreeMap<String, Value>,
}

/// Predictions.
#[derive(Serialize, ToSchema)]
pub(super) struct InferAnswer {
    model_name: String,
    model_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
    outputs: Vec<Tensor>,
}

/// A tensor of the answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Tensor {
    /// `label` or `labels` (each a JSON list) and `probabilities`; for regression `value`.
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    #[schema(value_type = Vec<super::openapi::Scalar>)]
    data: Data,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Texts(Vec<String>),
    Numbers(Vec<f32>),
}

/// Predicts texts.
#[utoipa::path(post, path = "/v2/models/{model}/infer", tag = "open inference protocol",
    params(("model" = String, Path, description = "Name of the model")),
    request_body = InferRequest,
    responses(
        (status = 200, description = "One tensor per output", body = InferAnswer),
        super::problems::PredictionErrors,
    ))]
pub(super) async fn infer(
    State(app): State<Arc<App>>,
    Extension(arrival): Extension<Arrival>,
    names: Names,
    request: Request,
) -> Result<Response, Problem> {
    if app.is_stopping() {
        return Err(Problem::stopping());
    }
    let model = find(&app, names)?;
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key("inference-header-content-length") {
        return Err(Problem::new(Kind::MediaType, "binary tensors are not supported")
            .hint("send tensors as JSON: `binary_data=False` in Triton's client"));
    }
    match &body::media_type(&parts.headers)[..] {
        "application/json" => {}
        other => return Err(unsupported(other)),
    }
    let deadline = arrival.at + app.limits.deadline;
    let held = body::read(&app, &parts.headers, body, deadline).await?;
    let request: InferRequest = parse(&held.bytes)?;
    drop(held);
    refuse_binary(&request.parameters)?;
    check_outputs(&model, &request.outputs)?;
    let (id, wanted) = (request.id, request.outputs);
    let texts = texts_of(&app, &model, request.inputs)?;
    let answered = answer(&app, &Asked::plainly(Arc::clone(&model)), texts, deadline).await?;
    let mut outputs = tensors(&model, &answered);
    if !wanted.is_empty() {
        outputs.retain(|tensor| wanted.iter().any(|Object(output)| output.name == tensor.name));
    }
    let (model_name, model_version) = (model.name.clone(), model.hash.clone());
    let mut response = json(&InferAnswer { model_name, model_version, id, outputs });
    let (name, value) = answered.timing();
    response.headers_mut().insert(name, value);
    response.extensions_mut().insert(TextCount(answered.texts.len()));
    Ok(response)
}

fn check_outputs(model: &Loaded, outputs: &[Object<InferOutput>]) -> Result<(), Problem> {
    let known: &[&str] = match model.classifier.task() {
        LabelKind::Single => &["label", "probabilities"],
        LabelKind::Multi => &["labels", "probabilities"],
        LabelKind::Regression => &["value"],
    };
    for Object(output) in outputs {
        if !known.contains(&&output.name[..]) {
            let detail = format!("the model has no output `{}`", output.name);
            let hint = format!("it has `{}`", known.join("`, `"));
            return Err(Problem::new(Kind::Invalid, detail).hint(hint));
        }
        refuse_binary(&output.parameters)?;
    }
    Ok(())
}

fn refuse_binary(parameters: &BTreeMap<String, Value>) -> Result<(), Problem> {
    let asks = |(name, value): (&String, &Value)| {
        name.starts_with("binary_data") && *value != Value::Bool(false)
    };
    if !parameters.iter().any(asks) {
        return Ok(());
    }
    Err(Problem::new(Kind::Invalid, "binary tensors are not supported")
        .hint("ask for JSON: `binary_data=False` in Triton's client"))
}

/// The texts of the inputs, one field per column.
fn texts_of(
    app: &App,
    model: &Loaded,
    mut inputs: Vec<Object<InferInput>>,
) -> Result<Vec<Fields>, Problem> {
    let invalid = |detail: String| Problem::new(Kind::Invalid, detail);
    let names = columns(model);
    let mut fields: Vec<Vec<String>> = Vec::new();
    for name in &names {
        // a model with one column also accepts its name
        let is_it = |Object(input): &Object<InferInput>| {
            input.name == *name
                || (names.len() == 1 && model.classifier.text_columns() == [input.name.as_str()])
        };
        let Some(place) = inputs.iter().position(is_it) else {
            let hint = format!("the model `{}` reads `{}`", model.name, names.join("`, `"));
            return Err(invalid(format!("there is no input `{name}`")).hint(hint));
        };
        let Object(input) = inputs.swap_remove(place);
        refuse_binary(&input.parameters)?;
        if input.datatype != "BYTES" {
            let detail = format!("the input `{name}` has the datatype `{}`", input.datatype);
            return Err(invalid(detail).hint("texts are `BYTES`"));
        }
        check_count(app, input.data.count)?;
        let one = |text: Text| match text {
            Text::One(text) => Ok(text),
            Text::Fields(mut list) if list.len() == 1 => Ok(list.remove(0)),
            Text::Fields(_) => Err(invalid(format!("an element of `{name}` is not a text"))),
        };
        let texts: Vec<String> = input.data.items.into_iter().map(one).collect::<Result<_, _>>()?;
        let n = texts.len() as u64;
        if input.shape != [n] && input.shape != [n, 1] {
            let detail = format!("the shape of `{name}` does not fit its {n} texts");
            return Err(invalid(detail).hint(format!("it should be [{n}]")));
        }
        fields.push(texts);
    }
    if let Some(Object(other)) = inputs.first() {
        return Err(invalid(format!("the input `{}` is unknown or given twice", other.name)));
    }
    let count = fields.iter().map(Vec::len).min().unwrap_or(0);
    if fields.iter().any(|texts| texts.len() != count) {
        return Err(invalid("the inputs have different numbers of texts".into()));
    }
    let mut columns: Vec<_> = fields.into_iter().map(Vec::into_iter).collect();
    Ok((0..count).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect())
}

/// The outputs of all texts.
fn tensors(model: &Loaded, answered: &Answered) -> Vec<Tensor> {
    let found = || answered.texts.iter().map(|(_, scored)| &scored.prediction);
    let n = answered.texts.len();
    let texts = |name, data| Tensor { name, datatype: "BYTES", shape: vec![n], data };
    let probabilities = || {
        let numbers = found().flat_map(|found| found.probabilities().iter().map(|(_, p)| *p));
        let data = Data::Numbers(numbers.collect());
        let shape = vec![n, model.classifier.labels().len()];
        Tensor { name: "probabilities", datatype: "FP32", shape, data }
    };
    match model.classifier.task() {
        LabelKind::Single => {
            let labels = Data::Texts(found().map(|found| found.label().to_owned()).collect());
            vec![texts("label", labels), probabilities()]
        }
        LabelKind::Multi => {
            let list = |labels| serde_json::to_string(labels).unwrap_or_default();
            let labels = Data::Texts(found().map(|found| list(found.labels())).collect());
            vec![texts("labels", labels), probabilities()]
        }
        LabelKind::Regression => {
            let numbers = Data::Numbers(found().filter_map(ulmfit::Prediction::value).collect());
            vec![Tensor { name: "value", datatype: "FP32", shape: vec![n], data: numbers }]
        }
    }
}
