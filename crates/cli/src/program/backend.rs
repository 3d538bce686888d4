//! Which backend runs, and on which device: the only place outside `kernels` that names backends.

use crate::failure::Failure;
use crate::program::hardware;

/// A backend by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Burn's Flex, CPU.
    #[cfg(feature = "flex")]
    Flex,
    /// Burn's NdArray, CPU.
    #[cfg(feature = "ndarray")]
    NdArray,
    /// LibTorch, CPU.
    #[cfg(feature = "tch")]
    Tch,
    /// LibTorch, the first NVIDIA GPU.
    #[cfg(feature = "tch")]
    TchCuda,
    /// CubeCL, the first NVIDIA GPU.
    #[cfg(feature = "cuda")]
    Cuda,
    /// CubeCL, the GPU that wgpu prefers.
    #[cfg(feature = "wgpu")]
    Wgpu,
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
    #[cfg(feature = "tch")]
    Backend::Tch,
    #[cfg(feature = "tch")]
    Backend::TchCuda,
    #[cfg(feature = "cuda")]
    Backend::Cuda,
    #[cfg(feature = "wgpu")]
    Backend::Wgpu,
];

impl Backend {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => "flex",
            #[cfg(feature = "ndarray")]
            Self::NdArray => "ndarray",
            #[cfg(feature = "tch")]
            Self::Tch => "tch",
            #[cfg(feature = "tch")]
            Self::TchCuda => "tch-cuda",
            #[cfg(feature = "cuda")]
            Self::Cuda => "cuda",
            #[cfg(feature = "wgpu")]
            Self::Wgpu => "wgpu",
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
            return match hardware::missing(*backend) {
                None => Ok(*backend),
                Some(missing) => Err(Failure::usage(
                    format!("the backend {name} cannot start"),
                    missing,
                )),
            };
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

/// Runs `$body` with `$B` as the backend's type and `$device` as the function from a number to a
/// device; a CPU is one device, whatever the number.
macro_rules! on_backend {
    ($backend:expr, $B:ident, $device:ident => $body:expr) => {
        match $backend {
            #[cfg(feature = "flex")]
            $crate::program::backend::Backend::Flex => {
                type $B = burn_flex::Flex;
                let $device = |_: usize| Default::default();
                $body
            }
            #[cfg(feature = "ndarray")]
            $crate::program::backend::Backend::NdArray => {
                type $B = burn_ndarray::NdArray<f32>;
                let $device = |_: usize| Default::default();
                $body
            }
            #[cfg(feature = "tch")]
            $crate::program::backend::Backend::Tch => {
                type $B = burn_tch::LibTorch<f32>;
                let $device = |_: usize| burn_tch::LibTorchDevice::Cpu;
                $body
            }
            #[cfg(feature = "tch")]
            $crate::program::backend::Backend::TchCuda => {
                type $B = burn_tch::LibTorch<f32>;
                let $device = burn_tch::LibTorchDevice::Cuda;
                $body
            }
            #[cfg(feature = "cuda")]
            $crate::program::backend::Backend::Cuda => {
                type $B = burn_cuda::Cuda<f32, i32>;
                let $device = burn_cuda::CudaDevice::new;
                $body
            }
            #[cfg(feature = "wgpu")]
            $crate::program::backend::Backend::Wgpu => {
                type $B = burn_wgpu::Wgpu<f32, i32>;
                let $device = |number: usize| match number {
                    // The one that wgpu prefers.
                    0 => burn_wgpu::WgpuDevice::DefaultDevice,
                    other => burn_wgpu::WgpuDevice::DiscreteGpu(other),
                };
                $body
            }
        }
    };
}

pub(crate) use on_backend;
