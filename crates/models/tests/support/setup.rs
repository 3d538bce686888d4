//! The backends that are built in, and in which precision a test uses them.
// LibTorch and NdArray leave Burn with its next version.
#![allow(deprecated)]

use burn::tensor::{DType, Device, Tensor, TensorCreationOptions};

/// A device and the precision of a test's tensors.
#[derive(Debug, Clone)]
pub struct Setup {
    pub device: Device,
    pub dtype: DType,
}

impl Setup {
    /// Single precision.
    pub fn single(device: Device) -> Self {
        let dtype = DType::F32;
        Self { device, dtype }
    }

    /// Double precision.
    pub fn double(device: Device) -> Self {
        let dtype = DType::F64;
        Self { device, dtype }
    }

    /// The device and the precision of a tensor.
    pub fn of<const D: usize>(tensor: &Tensor<D>) -> Self {
        Self {
            device: tensor.device(),
            dtype: tensor.dtype(),
        }
    }

    /// The same with gradients.
    pub fn tracked(&self) -> Self {
        Self {
            device: self.device.clone().autodiff(),
            dtype: self.dtype,
        }
    }

    /// The same without gradients.
    pub fn plain(&self) -> Self {
        Self {
            device: self.device.clone().without_autodiff(),
            dtype: self.dtype,
        }
    }
}

impl From<&Setup> for TensorCreationOptions {
    fn from(setup: &Setup) -> Self {
        Self::from((&setup.device, setup.dtype))
    }
}

/// Flex in single precision.
pub fn flex() -> Setup {
    Setup::single(Device::flex())
}

/// NdArray's device.
#[cfg(feature = "ndarray")]
pub fn ndarray() -> Device {
    Device::ndarray()
}

/// LibTorch's device on the CPU.
#[cfg(feature = "tch")]
pub fn libtorch() -> Device {
    Device::libtorch()
}

/// WGPU's device of choice.
#[cfg(feature = "wgpu")]
pub fn wgpu() -> Device {
    Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)
}

/// Flex, and NdArray where it is built in.
pub fn cpu_devices() -> Vec<Device> {
    vec![
        Device::flex(),
        #[cfg(feature = "ndarray")]
        ndarray(),
    ]
}
