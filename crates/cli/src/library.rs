//! A folder with LibTorch in it: where its libraries are, and which version it is.

use std::path::{Path, PathBuf};

/// The library that every LibTorch has.
pub const FILE: &str = if cfg!(windows) {
    "torch_cpu.dll"
} else if cfg!(target_os = "macos") {
    "libtorch_cpu.dylib"
} else {
    "libtorch_cpu.so"
};

/// The library that a LibTorch for NVIDIA's GPUs has too.
pub const CUDA_FILE: &str = if cfg!(windows) {
    "torch_cuda.dll"
} else {
    "libtorch_cuda.so"
};

/// The folder with the libraries, of LibTorch's folder or of that one itself.
pub fn libraries(folder: &Path) -> Option<PathBuf> {
    [folder.join("lib"), folder.to_path_buf()]
        .into_iter()
        .find(|folder| folder.join(FILE).is_file())
}

/// The version, as LibTorch or Python's torch say it beside their libraries.
pub fn version(libraries: &Path) -> Option<String> {
    let folder = libraries.parent()?;
    let said = std::fs::read_to_string(folder.join("build-version"));
    let said = said.ok().or_else(|| {
        let text = std::fs::read_to_string(folder.join("version.py")).ok()?;
        let line = text.lines().find(|line| line.starts_with("__version__"))?;
        line.split('\'').nth(1).map(str::to_string)
    })?;
    Some(said.trim().to_string())
}
