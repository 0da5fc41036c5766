//! Optimisers over groups of parameters.
