//! The operations of text classifiers, recurrent ones and transformers, forward and backward.
//!
//! This is not a tensor library: it has no autodiff, no broadcasting and no strides. Each operation
//! is a folder:
//!
//! - `mod.rs` is the contract: a trait with shapes, and the tests every device must pass;
//! - `reference.rs` is plain loops, generic over `f32` and `f64`: *the specification*;
//! - `cpu.rs` is the fast one, checked against the reference.
//!
//! A device is a type that implements all of these traits ([`Device`]); adding one means adding
//! a file to each folder. Code above this crate cannot reach the elements of a [`Tensor`], so it
//! runs unchanged on any device.
//!
//! Letters used everywhere: `T` time, `B` batch, `I` inputs, `H` hidden, `E` embedding,
//! `V` vocabulary, `F` features, `O` outputs, `C` classes, `N` rows of any kind. Sequences are
//! time first (`[T, B, F]`), so that one step is one contiguous slice; for a transformer they stand
//! one after the other (`[N, F]`, with the length of each), so that nothing is padded.
//!
//! # Panics
//!
//! Every operation panics when shapes do not fit: sizes are fixed by the model above, so a
//! mismatch is a bug in this program and not an input error.

#[macro_use]
mod simd;

#[cfg(target_arch = "aarch64")]
mod asm;
mod device;
mod gemm;
mod isa;
mod memory;
mod packed;
mod parallel;
mod precision;
mod random;
mod real;
mod tensor;
#[cfg(test)]
mod testing;
mod vector_math;

pub mod activation_reg;
pub mod attention;
pub mod batch_norm;
pub mod class_loss;
pub mod concat_pool;
pub mod decoder_loss;
pub mod dropout;
pub mod embedding;
pub mod embedding_bag;
pub mod gelu;
pub mod layer_norm;
pub mod linear;
pub mod lstm;
pub mod mean_pool;
pub mod norm;
pub mod optimizer_step;
pub mod pair_loss;
pub mod profile;
pub mod relu;
pub mod rows;
pub mod unit_rows;

pub use device::{Backend, Cpu, Device, Reference};
pub use gemm::{kernel_name, peak_gflops};
pub use isa::isa;
pub use memory::{share_memory, trim_memory};
pub use precision::Precision;
pub use random::Key;
pub use real::Real;
pub use tensor::Tensor;
