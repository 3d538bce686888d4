//! What a backend finds on this machine, or lacks.

use crate::failure::Failure;
use crate::program::backend::Backend;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
use burn::tensor::DeviceType;

/// What is missing for a backend to start here, in one line.
pub fn missing(backend: Backend) -> Option<String> {
    match backend.name() {
        #[cfg(feature = "tch")]
        "tch-cuda" if !tch::Cuda::is_available() => Some(
            match libtorch::has_cuda() {
                true => "LibTorch finds no NVIDIA GPU: install the driver (`nvidia-smi` shows it)",
                false => "this LibTorch is for the CPU alone: build with one for CUDA",
            }
            .to_string(),
        ),
        #[cfg(feature = "cuda")]
        "cuda" => gpu::cuda_missing(),
        #[cfg(feature = "wgpu")]
        "wgpu" => gpu::wgpu_missing(),
        _ => None,
    }
}

/// The library and the devices of a backend that starts; empty for those that need neither.
pub fn found(backend: Backend) -> String {
    match backend.name() {
        #[cfg(feature = "tch")]
        "tch" => libtorch::found(),
        #[cfg(feature = "tch")]
        "tch-cuda" => format!("{}, {}", libtorch::found(), nvidia()),
        #[cfg(feature = "cuda")]
        "cuda" => nvidia(),
        #[cfg(feature = "wgpu")]
        "wgpu" => gpu::adapter(),
        _ => String::new(),
    }
}

/// Refuses a device that is not there.
pub fn check_device(backend: Backend, number: usize) -> Result<(), Failure> {
    match count(backend) {
        Some(count) if number >= count => Err(Failure::usage(
            format!("the backend {} has no device {number}", backend.name()),
            format!("there are {count}, from 0"),
        )),
        _ => Ok(()),
    }
}

/// Number of devices of a backend that runs on GPUs.
pub fn count(backend: Backend) -> Option<usize> {
    match backend.name() {
        #[cfg(feature = "tch")]
        "tch-cuda" => usize::try_from(tch::Cuda::device_count()).ok(),
        #[cfg(feature = "cuda")]
        "cuda" => Some(gpu::count(DeviceType::Cuda)),
        #[cfg(feature = "wgpu")]
        // The first one may be no discrete GPU.
        "wgpu" => Some(gpu::count(DeviceType::Wgpu).max(1)),
        _ => None,
    }
}

/// NVIDIA's GPUs with their driver.
#[cfg(any(feature = "tch", feature = "cuda"))]
fn nvidia() -> String {
    let query = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
    let said = std::process::Command::new("nvidia-smi")
        .args(query)
        .output();
    let said = said.map_or_else(|_| Vec::new(), |output| output.stdout);
    let said = String::from_utf8_lossy(&said);
    let devices: Vec<String> = said
        .lines()
        .map(|line| line.replacen(", ", ", driver ", 1))
        .collect();
    devices.join("; ")
}

#[cfg(feature = "tch")]
mod libtorch {
    use crate::library::{CUDA_FILE, FILE, libraries, version};
    use std::path::PathBuf;

    /// A library that this process has loaded; Linux alone lists them.
    fn loaded(file: &str) -> Option<PathBuf> {
        let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
        maps.lines()
            .filter_map(|line| line.split_whitespace().last())
            .find(|path| path.ends_with(file))
            .map(PathBuf::from)
    }

    /// Whether it is for NVIDIA's GPUs; itself it says so only where there is one.
    pub fn has_cuda() -> bool {
        tch::utils::has_cuda() || loaded(CUDA_FILE).is_some()
    }

    /// Version and folder.
    pub fn found() -> String {
        let library = loaded(FILE);
        let folder = library.as_deref().and_then(std::path::Path::parent);
        let Some(libraries) = folder.and_then(libraries) else {
            return "LibTorch".to_string();
        };
        let version = version(&libraries).unwrap_or_else(|| "of unknown version".to_string());
        let folder = libraries.parent().unwrap_or(&libraries);
        format!("LibTorch {version} in {}", folder.display())
    }
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod gpu {
    use burn::tensor::{Device, DeviceType, Tensor};
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

    #[cfg(feature = "cuda")]
    pub fn cuda_missing() -> Option<String> {
        let needed = [
            ("libcuda.so", "the NVIDIA driver (`nvidia-smi` shows it)"),
            (
                "libnvrtc.so",
                "CUDA 12 or later (`nvcc --version` shows it)",
            ),
        ];
        let lacking: Vec<String> = needed
            .iter()
            .filter(|(library, _)| cfg!(target_os = "linux") && !library_exists(library))
            .map(|(library, part)| format!("{library} is not found: install {part}"))
            .collect();
        if !lacking.is_empty() {
            return Some(lacking.join("; "));
        }
        (!quietly(|| computes(&Device::cuda(0))).unwrap_or(false)).then(|| {
            "CUDA does not start: the driver must be at least as new as the CUDA toolkit \
             (`nvidia-smi` and `nvcc --version` show both)"
                .to_string()
        })
    }

    /// Looks where the loader looks.
    #[cfg(feature = "cuda")]
    fn library_exists(name: &str) -> bool {
        let cache = std::process::Command::new("ldconfig").arg("-p").output();
        if cache.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(name)) {
            return true;
        }
        let paths = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let mut folders: Vec<_> = std::env::split_paths(&paths).collect();
        folders.push("/usr/local/cuda/lib64".into());
        folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with(name)))
    }

    #[cfg(feature = "wgpu")]
    static ADAPTER: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();

    /// Starts the first device, once, and keeps its name.
    #[cfg(feature = "wgpu")]
    fn start() -> Option<&'static str> {
        use burn::backend::wgpu::{RuntimeOptions, graphics::AutoGraphicsApi, init_setup};
        use burn::tensor::DeviceKind;
        let start = || {
            let options = RuntimeOptions::default();
            let setup = init_setup::<AutoGraphicsApi>(&Default::default(), options);
            let info = setup.adapter.get_info();
            let driver = format!("{} {}", info.driver, info.driver_info);
            let name = format!(
                "{}, {:?}, driver {}",
                info.name,
                info.backend,
                driver.trim()
            );
            computes(&Device::wgpu(DeviceKind::DefaultDevice)).then_some(name)
        };
        ADAPTER.get_or_init(|| quietly(start).flatten()).as_deref()
    }

    #[cfg(feature = "wgpu")]
    pub fn wgpu_missing() -> Option<String> {
        match start() {
            Some(_) => None,
            None => Some(
                "no GPU answers through Vulkan, Metal or DX12: install its driver, or Mesa's \
                 software one (mesa-vulkan-drivers)"
                    .to_string(),
            ),
        }
    }

    #[cfg(feature = "wgpu")]
    pub fn adapter() -> String {
        start().unwrap_or_default().to_string()
    }

    /// Number of devices.
    pub fn count(of: DeviceType) -> usize {
        quietly(move || Device::enumerate(of).into_vec().len()).unwrap_or(0)
    }

    /// Whether a backend computes on its first device.
    fn computes(device: &Device) -> bool {
        let two = Tensor::<1>::ones([2], device).sum();
        two.into_data().iter::<f32>().next() == Some(2.0)
    }

    /// What a backend lacks it says by a panic, often in a thread of its own, which is not for users
    /// to read.
    fn quietly<T>(start: impl FnOnce() -> T) -> Option<T> {
        let hook = take_hook();
        set_hook(Box::new(|_| {}));
        // Nothing it captured is used after a panic.
        let answer = catch_unwind(AssertUnwindSafe(start));
        set_hook(hook);
        answer.ok()
    }
}
