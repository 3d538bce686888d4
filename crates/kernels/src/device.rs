//! The device of a backend by the backend's name.

use burn::tensor::Device;

/// A device of the backend of this name, if it is built in: `flex`, `ndarray`, `tch`, `tch-cuda`, `cuda` or `wgpu`.
///
/// A CPU is one device, whatever the number; device 0 of `wgpu` is the one that wgpu prefers.
#[cfg_attr(
    not(any(feature = "tch", feature = "cuda", feature = "wgpu")),
    expect(unused_variables, reason = "a CPU is one device")
)]
pub fn device(backend: &str, number: usize) -> Option<Device> {
    match backend {
        #[cfg(feature = "flex")]
        "flex" => Some(Device::flex()),
        #[cfg(feature = "ndarray")]
        "ndarray" => Some(Device::ndarray()),
        #[cfg(feature = "tch")]
        "tch" => Some(Device::libtorch()),
        #[cfg(feature = "tch")]
        "tch-cuda" => Some(Device::libtorch_cuda(number)),
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::cuda(number)),
        #[cfg(feature = "wgpu")]
        "wgpu" => Some(Device::wgpu(match number {
            0 => burn::tensor::DeviceKind::DefaultDevice,
            other => burn::tensor::DeviceKind::DiscreteGpu(other),
        })),
        _ => None,
    }
}
