//! Which backend runs, and on which device: the only place outside `kernels` that names backends.

use crate::failure::Failure;

/// A backend by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Burn's Flex, CPU.
    #[cfg(feature = "flex")]
    Flex,
    /// Burn's NdArray, CPU.
    #[cfg(feature = "ndarray")]
    NdArray,
}

/// Every name `--backend` may take, with what it is.
pub const NAMES: [(&str, &str); 6] = [
    ("flex", "CPU, Burn's Flex"),
    ("ndarray", "CPU, Burn's NdArray"),
    ("tch", "CPU, LibTorch"),
    ("tch-cuda", "NVIDIA GPU, LibTorch"),
    ("cuda", "NVIDIA GPU, CubeCL"),
    ("wgpu", "any GPU, CubeCL on Vulkan, Metal or DX12"),
];

/// The backends of this build, fastest first.
pub const BUILT_IN: &[Backend] = &[
    #[cfg(feature = "flex")]
    Backend::Flex,
    #[cfg(feature = "ndarray")]
    Backend::NdArray,
];

impl Backend {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => "flex",
            #[cfg(feature = "ndarray")]
            Self::NdArray => "ndarray",
        }
    }

    /// The backend of this name, or the fastest one.
    pub fn choose(name: Option<&str>) -> Result<Self, Failure> {
        let names: Vec<&str> = BUILT_IN.iter().map(|backend| backend.name()).collect();
        let names = names.join(", ");
        let Some(name) = name else {
            return BUILT_IN.first().copied().ok_or_else(|| {
                Failure::usage(
                    "no backend is built in",
                    "build with --features flex or ndarray",
                )
            });
        };
        if let Some(backend) = BUILT_IN.iter().find(|backend| backend.name() == name) {
            return Ok(*backend);
        }
        if NAMES.iter().any(|(known, _)| *known == name) {
            return Err(Failure::usage(
                format!("the backend {name} is not built into this program"),
                format!("this build has: {names}; `rekindle doctor` says more"),
            ));
        }
        let known: Vec<&str> = NAMES.iter().map(|(known, _)| *known).collect();
        Err(Failure::usage(
            format!("there is no backend named {name}"),
            format!(
                "the backends are: {}; this build has: {names}",
                known.join(", ")
            ),
        ))
    }
}

/// Runs `$body` with `$B` as the backend's type.
macro_rules! on_backend {
    ($backend:expr, $B:ident => $body:expr) => {
        match $backend {
            #[cfg(feature = "flex")]
            $crate::backend::Backend::Flex => {
                type $B = burn_flex::Flex;
                $body
            }
            #[cfg(feature = "ndarray")]
            $crate::backend::Backend::NdArray => {
                type $B = burn_ndarray::NdArray<f32>;
                $body
            }
        }
    };
}

pub(crate) use on_backend;
