//! `rekindle worker`: lends this machine's devices to runs elsewhere.

use crate::failure::Failure;
use crate::program::args::WorkerArgs;
use crate::program::backend::Backend;
use crate::program::hardware;
use rekindle_kernels::remote::{self, ServeError};
use rekindle_train::say;
use rekindle_train::say::note_line;
use std::net::{SocketAddr, TcpListener};

/// `rekindle worker`.
pub fn worker(args: &WorkerArgs) -> Result<(), Failure> {
    let backend = Backend::choose(args.backend.as_deref())?;
    // A CPU is one device, and has one seed of its random numbers a process.
    let count = hardware::count(backend).unwrap_or(1);
    let devices = (0..count).map(|number| backend.device(number)).collect();
    let address = SocketAddr::new(args.listen, args.port);
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    let (listener, address) = bound.map_err(|error| {
        Failure::usage(
            format!("cannot listen on {address}: {error}"),
            "choose another --port, or a --listen address of this machine",
        )
    })?;
    if !address.ip().is_loopback() {
        note_line(format_args!(
            "whoever reaches {address} computes here, and reads what goes over the wire: nothing is encrypted"
        ));
    }
    say!("worker: {address}, {count} of {}", backend.name());
    remote::serve(devices, listener).map_err(|error| match error {
        ServeError::UnsupportedDevice { .. } => Failure::usage(
            format!("the devices of {} cannot be lent", backend.name()),
            "take another --backend; Burn lends those of flex, ndarray, cuda and wgpu",
        ),
        error => Failure::failed(
            format!("the worker has stopped: {error}"),
            "start it again; a run that used it goes on with --resume",
        ),
    })
}
