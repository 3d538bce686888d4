//! The checks in double precision: on Flex, on NdArray with the feature `ndarray`, and on LibTorch with
//! the feature `tch`.

use support::Setup;

/// A module for each backend that is built in, with a test for each of these checks of a [`Setup`].
macro_rules! on_every_backend {
    ($($check:ident)*) => {
        on_every_backend!(@backend flex burn::tensor::Device::flex(); $($check)*);
        #[cfg(feature = "ndarray")]
        on_every_backend!(@backend ndarray crate::support::ndarray(); $($check)*);
        #[cfg(feature = "tch")]
        on_every_backend!(@backend libtorch crate::support::libtorch(); $($check)*);
    };
    (@backend $name:ident $device:expr; $($check:ident)*) => {
        mod $name {
            $(
                #[test]
                fn $check() {
                    super::$check(&crate::support::Setup::double($device));
                }
            )*
        }
    };
}

mod course;
mod dropout;
mod golden;
mod gradients;
mod properties;
mod seq2seq;
#[path = "../support/mod.rs"]
mod support;
mod text;

/// Every backend that is built in.
fn setups() -> Vec<Setup> {
    let devices = support::cpu_devices().into_iter();
    #[cfg(feature = "tch")]
    let devices = devices.chain([support::libtorch()]);
    devices.map(Setup::double).collect()
}
