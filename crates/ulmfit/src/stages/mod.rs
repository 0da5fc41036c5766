//! What a user does: pretrain, fine-tune, train, evaluate, predict.
