//! Tells `rekindle` where the build found LibTorch, which version, and whether for GPUs.

#[path = "src/library.rs"]
mod library;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/library.rs");
    // Set by torch-sys, when the feature `tch` is on: the folder of LibTorch, or that of its libraries.
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    let Some(folder) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    if let Some(libraries) = library::libraries(std::path::Path::new(&folder)) {
        println!("cargo:rustc-env=REKINDLE_LIBTORCH={}", libraries.display());
        if libraries.join(library::CUDA_FILE).is_file() {
            println!("cargo:rustc-env=REKINDLE_LIBTORCH_CUDA=1");
        }
        if let Some(version) = library::version(&libraries) {
            println!("cargo:rustc-env=REKINDLE_LIBTORCH_VERSION={version}");
        }
    }
}
