//! Files to documents, documents to batches.
