//! The JSON of requests and answers.

mod answer;
mod bounded;
mod fault;
mod field;
mod object;
mod request;
mod word;

pub(crate) use answer::{
    Answer, Element, ElementFields, ModelName, Promise, Received, ReceivedElement, Seen,
};
pub(crate) use bounded::{Bounded, MOST};
pub(crate) use fault::in_words;
pub(crate) use object::Object;
pub(crate) use request::{
    DirectionName, ExplainName, Many, One, Options, PredictRequest, Row, Rows, StreamOptions, Text,
};
pub(crate) use word::Word;
