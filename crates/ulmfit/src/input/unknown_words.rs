//! Whether texts are in the language of a model.

use crate::data::Record;
use crate::text::TextPipeline;

/// Rows looked at: enough for a share to the point.
const SAMPLE: usize = 500;

/// Above this share of unknown tokens a model was probably made for other texts. English texts of
/// a field of their own have up to about one in ten unknown to `en`, German ones one in two.
const FOREIGN: f64 = 0.25;

/// A warning if many tokens of the rows are unknown to the model that a training starts from.
pub(crate) fn unknown_words_warning(base: &TextPipeline, rows: &[Record]) -> Option<String> {
    let share = unknown_share(base, rows);
    let language = &base.config().language;
    (share > FOREIGN).then(|| {
        format!(
            "{:.0} % of the tokens are unknown to the language model, which was made for texts in \
             `{language}`; for another language, choose a model of that language, or train from \
             scratch with `ulmfit fit --base none --language CODE`",
            100.0 * share
        )
    })
}

/// The share of tokens that the vocabulary does not have, in rows spread over all; 0 of none.
fn unknown_share(text: &TextPipeline, rows: &[Record]) -> f64 {
    let (mut seen, mut unknown) = (0_u64, 0_u64);
    for row in rows.iter().step_by(rows.len().div_ceil(SAMPLE).max(1)) {
        text.tokenizer().for_each_token(&row.fields, &mut |token| {
            seen += 1;
            unknown += u64::from(text.vocab().get(token).is_none());
        });
    }
    unknown as f64 / seen.max(1) as f64
}
