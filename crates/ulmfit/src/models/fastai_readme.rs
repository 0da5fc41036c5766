//! The page beside files for fastai.

use super::config::{ModelConfig, NetworkConfig};
use crate::data::labels::LabelKind;
use crate::model::AwdLstmConfig;

impl ModelConfig {
    /// A page in Markdown that says how fastai 2 loads what [`to_fastai`](super::LmBundle::to_fastai) of such a model
    /// gives, as the files `DIRECTION.pth` and `DIRECTION.pkl`; none for networks that cannot be exported.
    pub fn fastai_readme(&self) -> Option<String> {
        let sizes = |AwdLstmConfig { emb, hid, layers, .. }: AwdLstmConfig| {
            format!("dict(emb_sz={emb}, n_hid={hid}, n_layers={layers})")
        };
        let (kind, vocabulary, network) = match &self.network {
            NetworkConfig::LanguageModel(network) => (
                "language model",
                "tokens",
                format!(
                    "get_language_model(AWD_LSTM, len(tokens), config=awd_lstm_lm_config | {})",
                    sizes(*network)
                ),
            ),
            NetworkConfig::Classifier(network) => (
                "classifier",
                if network.task == LabelKind::Regression { "tokens" } else { "tokens, labels" },
                format!(
                    "get_text_classifier(AWD_LSTM, len(tokens), {}, seq_len={}, max_len={}, \
                     lin_ftrs=[{}], config=awd_lstm_clas_config | {})",
                    network.classes,
                    network.seq_len,
                    network.max_len.map_or("None".to_owned(), |max| max.to_string()),
                    network
                        .head
                        .hidden
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", "),
                    sizes(network.encoder)
                ),
            ),
            _ => return None,
        };
        let names: Vec<String> = self.directions.iter().map(ToString::to_string).collect();
        let first = names.first()?;
        let other = match &names[..] {
            [_, other] => {
                format!("\nThe network that reads {other} is in `{other}.pth` and `{other}.pkl`.\n")
            }
            _ => String::new(),
        };
        let backward = if names.iter().any(|name| name == "backward") {
            "A backward network reads the tokens from the last to the first: fastai's `backwards=True`.\n"
        } else {
            ""
        };
        Some(format!(
            "# A {kind} for fastai 2\n\n\
             Four lines load it, without a `Learner` and without its data:\n\n\
             ```python\n\
             from fastai.text.all import *\n\
             {vocabulary} = load_pickle(\"{first}.pkl\")\n\
             model = {network}\n\
             model.load_state_dict(torch.load(\"{first}.pth\", weights_only=True))\n\
             ```\n\
             {other}\n\
             The names of the tensors and the order of the tokens are those of fastai. fastai gives English texts the \
             same tokens.\n{backward}"
        ))
    }
}
