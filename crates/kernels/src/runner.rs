//! Which kernel runs the tensors of a device.

use burn::backend::{DispatchDevice, DispatchTensor};
use burn::tensor::{DType, Tensor};

/// The kernels there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// [`crate::cpu`], on Flex and NdArray, in single and double precision.
    Cpu,
    /// ATen's layers, on LibTorch, in single and double precision.
    #[cfg_attr(not(feature = "tch"), expect(dead_code))] // never found there
    LibTorch,
    /// The CubeCL kernels, on CUDA and WGPU, in single and half precision.
    #[cfg_attr(not(feature = "cube"), expect(dead_code))] // never found there
    Cube,
    /// Those of the process that lends the device, in single precision.
    #[cfg_attr(not(feature = "remote"), expect(dead_code))] // never found there
    Remote,
}

impl Runner {
    /// The kernels for this tensor, if its backend and precision have some.
    pub(crate) fn of<const D: usize>(tensor: &Tensor<D>) -> Option<Self> {
        Self::on(tensor.device().as_dispatch(), tensor.dtype())
    }

    /// The same for a dispatched tensor.
    pub(crate) fn of_dispatched(tensor: &DispatchTensor) -> Option<Self> {
        use burn::backend::TensorMetadata;
        Self::on(&tensor.device(), tensor.dtype())
    }

    /// The kernels of a device, whatever the precision.
    pub(crate) fn of_device(device: &DispatchDevice) -> Option<Self> {
        match device {
            #[cfg(feature = "flex")]
            DispatchDevice::Flex(_) => Some(Self::Cpu),
            #[cfg(feature = "ndarray")]
            DispatchDevice::NdArray(_) => Some(Self::Cpu),
            #[cfg(feature = "tch")]
            DispatchDevice::LibTorch(_) => Some(Self::LibTorch),
            #[cfg(feature = "cube")]
            DispatchDevice::Cube(_) => Some(Self::Cube),
            #[cfg(feature = "remote")]
            DispatchDevice::Remote(_) => Some(Self::Remote),
            DispatchDevice::Autodiff(device) => Self::of_device(device),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    fn on(device: &DispatchDevice, dtype: DType) -> Option<Self> {
        Self::of_device(device).filter(|runner| runner.computes(dtype))
    }

    fn computes(self, dtype: DType) -> bool {
        match self {
            Self::Cpu | Self::LibTorch => matches!(dtype, DType::F32 | DType::F64),
            Self::Cube => matches!(dtype, DType::F32 | DType::F16 | DType::BF16),
            Self::Remote => dtype == DType::F32,
        }
    }

    /// What it is, for the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpu => crate::cpu::Path::best().name(),
            Self::LibTorch => "LibTorch's recurrent layers",
            Self::Cube => "the CubeCL kernel",
            Self::Remote => "the worker's kernel",
        }
    }
}
