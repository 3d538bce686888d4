//! Which backend runs, and on which device.

use crate::backends::{BACKENDS, BackendInfo};
use crate::failure::Failure;
use crate::program::hardware;
use burn::tensor::Device;
use rekindle_kernels::device;

/// A backend of this build.
#[derive(Debug, Clone, Copy)]
pub struct Backend(&'static BackendInfo);

impl Backend {
    /// The backends of this build, the default first.
    pub fn built_in() -> impl Iterator<Item = Self> {
        let built_in = |info: &&BackendInfo| device(info.name, 0).is_some();
        BACKENDS.iter().filter(built_in).map(Self)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// A device by its number; a CPU is one device, whatever the number.
    pub fn device(self, number: usize) -> Device {
        device(self.0.name, number).unwrap_or_default()
    }

    /// The backend of this name, or the default one.
    pub fn choose(name: Option<&str>) -> Result<Self, Failure> {
        let names: Vec<&str> = Self::built_in().map(Self::name).collect();
        let names = names.join(", ");
        let Some(name) = name else {
            return Self::built_in().next().ok_or_else(|| {
                Failure::usage("no backend is built in", "build with --features flex")
            });
        };
        if let Some(backend) = Self::built_in().find(|backend| backend.name() == name) {
            return match hardware::missing(backend) {
                None => Ok(backend),
                Some(missing) => Err(Failure::usage(
                    format!("the backend {name} cannot start"),
                    missing,
                )),
            };
        }
        if BACKENDS.iter().any(|known| known.name == name) {
            return Err(Failure::usage(
                format!("the backend {name} is not built into this program"),
                format!("this build has: {names}; `rekindle doctor` says more"),
            ));
        }
        let known: Vec<&str> = BACKENDS.iter().map(|known| known.name).collect();
        Err(Failure::usage(
            format!("there is no backend named {name}"),
            format!(
                "the backends are: {}; this build has: {names}",
                known.join(", ")
            ),
        ))
    }
}
