//! `rekindle doctor`: which backends run here, and what is missing for the others.

use crate::backends::{BACKENDS, BackendInfo};
use crate::failure::Failure;
use crate::program::backend::Backend;
use crate::program::data::data_dirs;
use crate::program::hardware;
use burn::tensor::{Device, Distribution, Tensor};
use rekindle_tasks::catalogue;
use rekindle_train::say;
use std::time::{Duration, Instant};

/// `rekindle doctor`.
pub fn doctor() -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    say!("rekindle {} on {} cores", env!("CARGO_PKG_VERSION"), cores);
    for info in &BACKENDS {
        let built_in = Backend::built_in().find(|backend| backend.name() == info.name);
        let state = match built_in {
            Some(backend) => match hardware::missing(backend) {
                Some(missing) => missing,
                None => {
                    let rate = self_test(info.name, &backend.device(0).autodiff())?;
                    let speed =
                        format!("{rate:.0} GFLOP/s in a 256 x 256 product with its gradient");
                    match hardware::found(backend) {
                        found if found.is_empty() => format!("runs; {speed}"),
                        found => format!("runs on {found}; {speed}"),
                    }
                }
            },
            None => not_built(info),
        };
        say!("  {:<9} {:<42} {state}", info.name, info.what);
    }
    say!("data:");
    let folders = data_dirs(None).folders();
    for manifest in catalogue::manifests()? {
        let here = manifest
            .files
            .iter()
            .filter(|file| rekindle_data::locate(&folders, &file.path).is_some())
            .count();
        say!(
            "  {:<9} {here} of {} files here",
            manifest.name,
            manifest.files.len()
        );
    }
    for folder in folders {
        say!("  looked in {}", folder.display());
    }
    Ok(())
}

/// How to get a backend that this build lacks.
fn not_built(info: &BackendInfo) -> String {
    let needs = match info.needs {
        "" => String::new(),
        needs => format!("; it needs {needs}"),
    };
    format!(
        "not in this build; `cargo xtask run TASK --backend {}` builds it (feature `{}`){needs}",
        info.name, info.feature
    )
}

/// Checks a product and its gradient against their exact values, then times them.
fn self_test(backend: &str, device: &Device) -> Result<f64, Failure> {
    const N: usize = 256;
    let x = Tensor::<2>::ones([N, N], device).require_grad();
    let gradients = x
        .clone()
        .matmul(Tensor::ones([N, N], device))
        .sum()
        .backward();
    let total: f32 = x
        .grad(&gradients)
        .map_or(0.0, |grad| grad.sum().into_data().iter::<f32>().sum());
    if (total - (N * N * N) as f32).abs() > 1.0 {
        return Err(Failure::failed(
            format!("the backend {backend} computes wrong gradients"),
            "report this with the output of `rekindle doctor`",
        ));
    }
    let y = Tensor::<2>::random([N, N], Distribution::Default, device);
    let (start, mut steps) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_millis(300) {
        let gradients = x.clone().matmul(y.clone()).sum().backward();
        let _ = x.grad(&gradients).map(Tensor::into_data);
        steps += 1;
    }
    let operations = f64::from(steps) * 2.0 * 2.0 * (N * N * N) as f64;
    Ok(operations / start.elapsed().as_secs_f64() / 1e9)
}
