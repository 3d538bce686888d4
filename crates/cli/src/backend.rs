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

    /// What is missing for it to start here.
    pub fn missing(self) -> Option<String> {
        match self {
            #[cfg(feature = "tch")]
            Self::TchCuda if !tch::Cuda::is_available() => Some(
                match tch::utils::has_cuda() {
                    true => {
                        "LibTorch finds no NVIDIA GPU: install the driver (`nvidia-smi` shows it)"
                    }
                    false => "this LibTorch is for the CPU alone: build with one for CUDA",
                }
                .to_string(),
            ),
            #[cfg(feature = "cuda")]
            Self::Cuda if !starts::<burn_cuda::Cuda<f32, i32>>() => Some(
                "CUDA does not start: install the NVIDIA driver and CUDA 12 or later (`nvidia-smi` \
                 and `nvcc --version` show them)"
                    .to_string(),
            ),
            #[cfg(feature = "wgpu")]
            Self::Wgpu if !starts::<burn_wgpu::Wgpu<f32, i32>>() => Some(
                "no GPU answers through Vulkan, Metal or DX12: install its driver, or Mesa's \
                 software one (mesa-vulkan-drivers)"
                    .to_string(),
            ),
            _ => None,
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
            return match backend.missing() {
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

/// Whether a backend computes on its first device: what it lacks it says by a panic, often in a
/// thread of its own, which is not for users to read.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn starts<B: burn::tensor::backend::Backend>() -> bool {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| {
        let device = B::Device::default();
        let two = burn::tensor::Tensor::<B, 1>::ones([2], &device).sum();
        two.into_data().iter::<f32>().next()
    });
    std::panic::set_hook(hook);
    matches!(answer, Ok(Some(sum)) if sum == 2.0)
}

/// Runs `$body` with `$B` as the backend's type and `$device` as its device.
macro_rules! on_backend {
    ($backend:expr, $B:ident, $device:ident => $body:expr) => {
        match $backend {
            #[cfg(feature = "flex")]
            $crate::backend::Backend::Flex => {
                type $B = burn_flex::Flex;
                let $device = Default::default();
                $body
            }
            #[cfg(feature = "ndarray")]
            $crate::backend::Backend::NdArray => {
                type $B = burn_ndarray::NdArray<f32>;
                let $device = Default::default();
                $body
            }
            #[cfg(feature = "tch")]
            $crate::backend::Backend::Tch => {
                type $B = burn_tch::LibTorch<f32>;
                let $device = burn_tch::LibTorchDevice::Cpu;
                $body
            }
            #[cfg(feature = "tch")]
            $crate::backend::Backend::TchCuda => {
                type $B = burn_tch::LibTorch<f32>;
                let $device = burn_tch::LibTorchDevice::Cuda(0);
                $body
            }
            #[cfg(feature = "cuda")]
            $crate::backend::Backend::Cuda => {
                type $B = burn_cuda::Cuda<f32, i32>;
                let $device = Default::default();
                $body
            }
            #[cfg(feature = "wgpu")]
            $crate::backend::Backend::Wgpu => {
                type $B = burn_wgpu::Wgpu<f32, i32>;
                let $device = Default::default();
                $body
            }
        }
    };
}

pub(crate) use on_backend;
