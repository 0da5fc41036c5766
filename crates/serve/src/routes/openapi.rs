//! `GET /openapi.json`: the routes in OpenAPI 3.1, with the models and limits of this server.

use super::app::App;
use super::{health, json, models, page, predict, protocol};
use crate::api::{ElementFields, Many, One, Rows};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json as value};
use std::sync::Arc;
use ulmfit::text::Direction;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{OpenApi, ToSchema};

/// One text, several texts, or rows of a table.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes `PredictRequest`, which has better messages")]
pub(super) enum PredictBody {
    One(One),
    Many(Many),
    Rows(Rows),
}

/// An object as the Open Inference Protocol defines it.
#[derive(Serialize, ToSchema)]
pub(super) struct AnyObject {}

/// A number, a string or a Boolean.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes JSON")]
pub(super) enum Scalar {
    Text(String),
    Number(f64),
    Truth(bool),
}

/// All models.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "it describes JSON")]
pub(super) struct ModelList {
    schema: u32,
    models: Vec<ModelCard>,
}

/// A model: its sizes, labels, scores and hash, as `ulmfit inspect --json` prints them.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "it describes JSON")]
pub(super) struct ModelCard {
    name: String,
    /// `classifier`.
    kind: String,
    /// `single`, `multi` or `regression`.
    task: String,
    hash: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ulmfit serve",
        description = "Predictions of text classifiers. Errors are problem details, RFC 9457. Every answer has `x-request-id`, predictions have `server-timing`."
    ),
    paths(
        predict::predict,
        models::list,
        models::one,
        health::live,
        health::ready,
        super::metrics,
        document,
        page::page,
        protocol::server,
        protocol::live,
        protocol::ready,
        protocol::model,
        protocol::model_ready,
        protocol::infer
    ),
    components(schemas(ElementFields, One, Many, Rows))
)]
struct Document;

/// This description, in OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = AnyObject)))]
pub(super) async fn document(State(app): State<Arc<App>>) -> Response {
    json(&describe(&app))
}

fn describe(app: &App) -> Value {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document.info.license = None;
    if matches!(app.access, super::Access::Token(_)) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        document.security = Some(vec![utoipa::openapi::security::SecurityRequirement::new::<
            _,
            [&str; 0],
            &str,
        >("token", [])]);
    }
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    let names = app.models.names();
    each_schema(&mut document, &mut |name, schema| match name {
        "texts" | "rows" => schema["maxItems"] = app.limits.request_texts().into(),
        "model" if schema["type"] == "string" => schema["enum"] = names.clone().into(),
        "model" if schema["type"] == value!(["string", "null"]) => {
            let names = names.iter().map(|name| value!(name)).chain([Value::Null]);
            schema["enum"] = names.collect::<Vec<_>>().into();
        }
        _ => {}
    });
    each_parameter(&mut document, &mut |parameter| {
        if parameter["name"] == "model" {
            parameter["schema"]["enum"] = names.clone().into();
        }
        if parameter["name"] == "top" {
            parameter["schema"]["minimum"] = 1.into();
        }
    });
    let schemas = &mut document["components"]["schemas"];
    let both = app.models.iter().all(|hosted| hosted.current().directions.len() == 2);
    if !both {
        // only what all models can do
        let all = |direction: &Direction| {
            app.models.iter().all(|hosted| hosted.current().directions.contains(direction))
        };
        let known = [(Direction::Forward, "forward"), (Direction::Backward, "backward")];
        let names = known.iter().filter(|(direction, _)| all(direction)).map(|(_, name)| *name);
        schemas["DirectionName"]["enum"] = names.collect::<Vec<_>>().into();
    }
    if let [hosted] = &app.models.iter().collect::<Vec<_>>()[..] {
        let model = hosted.current();
        let learned = model.classifier.text_columns();
        let columns = if learned.is_empty() {
            vec!["text"]
        } else {
            learned.iter().map(String::as_str).collect()
        };
        schemas["TableRows"]["properties"]["rows"]["items"]["required"] = columns.into();
    }
    schemas["Text"]["oneOf"][1]["minItems"] = 1.into();
    for name in ["AnyObject", "ModelCard", "ModelList"] {
        schemas[name]["additionalProperties"] = true.into();
    }
    // `shape` decides, and a schema cannot relate it to `data`
    schemas["InferInput"]["properties"]["datatype"]["enum"] = value!(["BYTES"]);
    add_versions(&mut document);
    if app.page.is_none()
        && let Some(paths) = document["paths"].as_object_mut()
    {
        paths.remove("/");
    }
    document
}

/// The routes that name a version of a model, beside those that do not: they are the same functions.
fn add_versions(document: &mut Value) {
    const MODEL: &str = "/v2/models/{model}";
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let version = value!({
        "name": "version", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "Hash of the model's folder",
    });
    let of_models: Vec<String> =
        paths.keys().filter(|path| path.starts_with(MODEL)).cloned().collect();
    for path in of_models {
        let mut of_version = paths[&path].clone();
        for operation in of_version.as_object_mut().into_iter().flat_map(|path| path.values_mut()) {
            if let Some(Value::String(id)) = operation.get_mut("operationId") {
                id.push_str("_of_version");
            }
            if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
                parameters.push(version.clone());
            }
        }
        paths.insert(path.replace(MODEL, "/v2/models/{model}/versions/{version}"), of_version);
    }
}

// `get_mut`, as an index would insert null for an absent key

/// Every property of every schema of the document.
fn each_schema(document: &mut Value, each: &mut dyn FnMut(&str, &mut Value)) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for schema in schemas.values_mut() {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let Some(properties) = properties else { continue };
        properties.iter_mut().for_each(|(name, schema)| each(name, schema));
    }
}

/// Every parameter of every operation of the document.
fn each_parameter(document: &mut Value, each: &mut dyn FnMut(&mut Value)) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut);
    for operation in operations.flat_map(|path| path.values_mut()) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        let Some(parameters) = parameters else { continue };
        parameters.iter_mut().for_each(&mut *each);
    }
}
