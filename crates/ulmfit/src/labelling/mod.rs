//! Labels themselves: which are probably wrong ([`suspects`]), and which texts to label next
//! ([`next`]).

#[cfg(feature = "train")]
mod frozen;
pub mod next;
#[cfg(feature = "train")]
pub mod suspects;
