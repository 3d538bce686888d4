//! The devices of `--devices`.

use crate::failure::Failure;
use crate::program::backend::Backend;
use crate::program::hardware;
use burn::tensor::Device;
use rekindle_train::Replica;
use std::str::FromStr;

/// A device as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceName {
    /// Of this machine, by its number.
    Here(usize),
    /// Of a worker: its address as `host:port`, and the number it has there.
    There(String, usize),
}

impl FromStr for DeviceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "write a device as its number, or as HOST:PORT/NUMBER of a worker".to_string();
        let number = |text: &str| text.parse().map_err(|_| wrong());
        let Some((address, device)) = text.split_once('/') else {
            return Ok(Self::Here(number(text)?));
        };
        // The last colon: an address of version 6 has some of its own, within brackets.
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let bare = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
        if host.is_empty() || bare || port.parse::<u16>().is_err() {
            return Err(wrong());
        }
        Ok(Self::There(address.to_string(), number(device)?))
    }
}

/// The device that holds the model, the first of this machine, and all that share the batches.
pub fn open(backend: Backend, names: &[DeviceName]) -> Result<(Device, Vec<Replica>), Failure> {
    let mut replicas = Vec::new();
    for name in names {
        replicas.push(match name {
            DeviceName::Here(number) => {
                hardware::check_device(backend, *number)?;
                Replica {
                    device: backend.device(*number),
                    worker: None,
                }
            }
            DeviceName::There(address, number) => Replica {
                device: connect(address, *number)?,
                worker: Some(address.clone()),
            },
        });
    }
    let home = replicas.iter().find(|one| one.worker.is_none());
    let home = home.map_or_else(|| backend.device(0), |one| one.device.clone());
    Ok((home, replicas))
}

#[cfg(not(feature = "remote"))]
fn connect(address: &str, number: usize) -> Result<Device, Failure> {
    Err(Failure::usage(
        format!("this program reaches no workers, such as {address}/{number}"),
        "build it with --features remote",
    ))
}

#[cfg(feature = "remote")]
fn connect(address: &str, number: usize) -> Result<Device, Failure> {
    use rekindle_kernels::remote::{self, ConnectError};
    rekindle_train::say!("worker: {address}");
    remote::connect(address, number).map_err(|error| match error {
        ConnectError::NoSuchDevice { device_count } => Failure::usage(
            format!("the worker {address} has no device {number}"),
            format!("there are {device_count}, from 0"),
        ),
        ConnectError::IncompatibleProtocol { .. } => Failure::usage(
            format!("the worker {address} is of another version: {error}"),
            "take the same rekindle on both machines",
        ),
        error => Failure::failed(
            format!("cannot reach the worker {address}: {error}"),
            "start `rekindle worker` there, with a --listen address that this machine reaches, or leave it \
             out of --devices",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_numbers_or_places_of_a_worker() {
        let there = |address: &str| Ok(DeviceName::There(address.to_string(), 2));
        assert_eq!("3".parse(), Ok(DeviceName::Here(3)));
        assert_eq!("gpu.local:4000/2".parse(), there("gpu.local:4000"));
        assert_eq!("[::1]:4000/2".parse(), there("[::1]:4000"));
        for wrong in [
            "",
            "x",
            "-1",
            "a:1",
            "a/0",
            ":1/0",
            "a:b/0",
            "a:1/",
            "a:1/x",
            "::1:4/0",
            "a:70000/0",
        ] {
            assert!(wrong.parse::<DeviceName>().is_err(), "{wrong}");
        }
    }
}
