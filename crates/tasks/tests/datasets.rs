//! The manifests and samples in `datasets/`, and the real files where they are: in `$REKINDLE_DATA`,
//! or in `shared/data` beside the repository.

use rekindle_data::{FileState, locate, verify};
use rekindle_tasks::catalogue::{SP500, manifest, manifests};
use std::path::{Path, PathBuf};

fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets")
}

fn dirs() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let named = std::env::var_os("REKINDLE_DATA").map(PathBuf::from);
    named.into_iter().chain([beside]).collect()
}

#[test]
fn every_manifest_is_built_in_and_bears_the_name_of_its_file() {
    let manifests = manifests().expect("the manifests are good");
    let mut names: Vec<_> = manifests.iter().map(|manifest| &manifest.name).collect();
    names.sort();
    let entries = std::fs::read_dir(datasets()).expect("the folder is there");
    let mut files: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.expect("the folder can be listed").file_name();
            Some(name.to_str()?.strip_suffix(".toml")?.to_string())
        })
        .collect();
    files.sort();
    assert_eq!(names, files.iter().collect::<Vec<_>>());
    for manifest in &manifests {
        assert!(!manifest.files.is_empty() && !manifest.licence.is_empty());
        for file in &manifest.files {
            let fetched = file.url.is_some() && file.sha256.is_some() && file.bytes.is_some();
            assert!(fetched || manifest.note.is_some(), "{}", file.path);
        }
    }
}

#[test]
fn the_embedded_sample_is_the_file_of_its_manifest() {
    let samples = datasets().join("samples");
    let found = verify(&manifest("sp500").expect("a good manifest"), &[samples]);
    assert_eq!(found[0].state, FileState::Ok);
    let bytes = std::fs::read(found[0].found.as_ref().expect("it was found"));
    assert_eq!(bytes.expect("a readable file"), SP500);
}

#[test]
fn tata_is_what_its_manifest_says() {
    if locate(&dirs(), "stock/tatatest.csv").is_none() {
        println!("skipped: stock/tatatest.csv is not here");
        return;
    }
    for status in verify(&manifest("nse-tata").expect("a good manifest"), &dirs()) {
        assert_eq!(status.state, FileState::Ok, "{}", status.path);
    }
}
