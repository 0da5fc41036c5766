//! The one place that calls a matrix product.
