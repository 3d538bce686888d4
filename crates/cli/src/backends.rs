//! The table of backends. The command line, `doctor`, xtask and the documentation read it.

/// A backend as `--backend` names it.
#[derive(Debug)]
pub struct BackendInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// The Cargo feature that builds it in.
    pub feature: &'static str,
    /// What it computes on, and with what.
    pub what: &'static str,
    /// What building or running it needs beside this program; empty if nothing.
    pub needs: &'static str,
}

/// Every backend; the first one built in is the default.
pub const BACKENDS: [BackendInfo; 6] = [
    BackendInfo {
        name: "flex",
        feature: "flex",
        what: "CPU, Burn's Flex",
        needs: "",
    },
    BackendInfo {
        name: "ndarray",
        feature: "ndarray",
        what: "CPU, Burn's NdArray",
        needs: "",
    },
    BackendInfo {
        name: "tch",
        feature: "tch",
        what: "CPU, LibTorch",
        needs: "LibTorch of $LIBTORCH, of Python's torch (LIBTORCH_USE_PYTORCH=1), or downloaded",
    },
    BackendInfo {
        name: "tch-cuda",
        feature: "tch",
        what: "NVIDIA GPU, LibTorch",
        needs: "LibTorch of $LIBTORCH, of Python's torch (LIBTORCH_USE_PYTORCH=1), or downloaded",
    },
    BackendInfo {
        name: "cuda",
        feature: "cuda",
        what: "NVIDIA GPU, CubeCL",
        needs: "an LLVM that the build downloads, and a CUDA toolkit to run",
    },
    BackendInfo {
        name: "wgpu",
        feature: "wgpu",
        what: "any GPU, CubeCL on Vulkan, Metal or DX12",
        needs: "a driver for Vulkan, Metal or DX12 to run",
    },
];
