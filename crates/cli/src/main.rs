//! `rekindle`: train and serve recurrent networks from one binary.
//!
//! With LibTorch the program is `rekindle-libtorch`, which the system does not even start where the library is
//! missing; this one then finds the library first, and becomes it.
#![forbid(unsafe_code)]

#[cfg(not(feature = "tch"))]
mod backends;
mod failure;
#[cfg(feature = "tch")]
mod launch;
#[cfg(feature = "tch")]
mod library;
#[cfg(not(feature = "tch"))]
mod program;
#[cfg(feature = "tch")]
mod search;

fn main() -> std::process::ExitCode {
    #[cfg(feature = "tch")]
    return launch::launch();
    #[cfg(not(feature = "tch"))]
    return program::run();
}
