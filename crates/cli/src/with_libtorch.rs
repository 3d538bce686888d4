//! `rekindle-libtorch`: what `rekindle` becomes once it has found LibTorch.
#![forbid(unsafe_code)]

mod backends;
mod failure;
mod library;
mod program;

fn main() -> std::process::ExitCode {
    program::run()
}
