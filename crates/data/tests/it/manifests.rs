//! The manifests of the repository.

use rekindle_data::{FileState, Manifest, verify};
use std::path::PathBuf;

fn datasets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../datasets")
}

fn manifest(name: &str) -> Manifest {
    let text = std::fs::read_to_string(datasets().join(format!("{name}.toml")))
        .expect("the manifest is there");
    Manifest::parse(&text).expect("the manifest is good")
}

#[test]
fn all_parse_and_bear_the_name_of_their_file() {
    for name in ["nse-tata", "prices", "sp500"] {
        let manifest = manifest(name);
        assert_eq!(manifest.name, name);
        assert!(!manifest.files.is_empty() && !manifest.licence.is_empty());
        for file in &manifest.files {
            let fetched = file.url.is_some() && file.sha256.is_some() && file.bytes.is_some();
            assert!(fetched || manifest.note.is_some(), "{}", file.path);
        }
    }
}

#[test]
fn the_embedded_sample_is_the_file_of_its_manifest() {
    let found = verify(&manifest("sp500"), &[datasets().join("samples")]);
    assert_eq!(found[0].state, FileState::Ok);
}
