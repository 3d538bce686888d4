//! Devices of other processes: Burn's remote backend, with the sequence operation on it.
//!
//! Tensor operations go to the other process one by one, over a WebSocket that is neither encrypted nor
//! guarded. A sequence, and its gradient, is one operation there ([`client`], [`worker`]).

mod client;
mod wire;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "cube"))]
mod worker;

pub use burn::remote::ConnectError;
pub use burn::server::ServeError;

use burn::backend::DispatchDevice;
use burn::remote::RemoteHost;
use burn::server::{RemoteServer, WebSocketTransport};
use burn::tensor::Device;
use std::net::TcpListener;

/// A device that another process lends with [`serve`], by the address it listens on, `host:port`, and the
/// device's place in its list. A process that does not listen yet is waited for, about a quarter of a minute.
///
/// # Errors
/// When nothing answers there, or it has no such device or another version of Burn.
pub fn connect(address: &str, number: usize) -> Result<Device, ConnectError> {
    let host = RemoteHost::websocket(&format!("ws://{address}"));
    Device::remote_options(&host).device_index(number).init()
}

/// Lends devices of one backend to processes that [`connect`], until this one is told to stop.
///
/// Random numbers of a CPU backend have one seed a process: two processes that draw some on it at the same
/// time get each other's.
///
/// # Errors
/// When the listener fails, or the devices are LibTorch's, which Burn cannot lend.
pub fn serve(devices: Vec<Device>, listener: TcpListener) -> Result<(), ServeError> {
    let server = RemoteServer::new(devices.clone());
    let server = match devices.first().map(Device::as_dispatch) {
        #[cfg(feature = "flex")]
        Some(DispatchDevice::Flex(_)) => worker::with_sequences::<burn::backend::Flex>(server),
        #[cfg(feature = "ndarray")]
        Some(DispatchDevice::NdArray(_)) => {
            worker::with_sequences::<burn::backend::NdArray>(server)
        }
        #[cfg(feature = "cube")]
        Some(DispatchDevice::Cube(_)) => worker::with_sequences::<burn::backend::Cube>(server),
        _ => server,
    };
    server.serve(WebSocketTransport::from_listener(listener))
}
