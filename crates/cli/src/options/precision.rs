//! Numbers of matrix products.

use ulmfit::Precision;

/// Numbers of matrix products, where nothing is trained.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct PrecisionOption {
    /// Numbers of the encoder's products
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PrecisionArg {
    /// Single precision: the bits that training saw
    F32,
    /// 16 bits; half the memory to read
    Bf16,
    /// The fastest of those two whose errors were measured to be the same on this kind of machine
    Auto,
    /// 8-bit integers; a quarter of it, and the fastest for single texts
    Int8,
}

impl PrecisionOption {
    pub(crate) fn get(self) -> Precision {
        match self.precision {
            PrecisionArg::F32 => Precision::F32,
            PrecisionArg::Bf16 => Precision::Bf16,
            PrecisionArg::Auto => Precision::for_prediction(),
            PrecisionArg::Int8 => Precision::Int8,
        }
    }
}
