//! Strings to token ids: rules, tokenizer, vocabulary. Knows nothing of tensors.
