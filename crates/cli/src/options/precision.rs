//! Numbers of matrix products.

use ulmfit::Precision;

/// Numbers of matrix products, where nothing is trained.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct PrecisionOption {
    /// Number format of matrix products
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PrecisionArg {
    /// Single precision, as in training by default
    F32,
    /// 16-bit floats: half the memory traffic
    Bf16,
    /// The faster of f32 and bf16 on this processor, where error rates were measured to be the same
    Auto,
    /// 8-bit integers: a quarter of the memory traffic, fastest for single texts
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
