//! Lets the program find LibTorch where the build found it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Set by torch-sys, when the feature `tch` is on.
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    let Some(folder) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    if unix {
        // torch-sys gives either the folder of LibTorch or that of its libraries.
        for folder in [folder.to_path_buf(), folder.join("lib")] {
            println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{}", folder.display());
        }
    }
}
