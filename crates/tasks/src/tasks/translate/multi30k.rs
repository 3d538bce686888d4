//! Multi30k: captions of images in English, German and French.

use super::config::TranslateConfig;
use crate::data_dirs::DataDirs;
use crate::error::{Result, TaskError};
use rekindle_data::{Pairs, ParallelTexts, language_code, language_name, locate};
use std::path::Path;

/// The three parts of Multi30k, as their files are named.
const PARTS: [&str; 3] = ["train", "val", "test_2016_flickr"];
/// The languages of Multi30k.
const LANGUAGES: [&str; 3] = ["en", "de", "fr"];

/// A folder that holds Multi30k, or the folder above it.
pub fn is_in(path: &Path) -> bool {
    let here = [path.to_path_buf()];
    let tests = LANGUAGES.map(|language| format!("{}.{language}", PARTS[2]));
    path.join("multi30k").is_dir() || tests.iter().any(|name| locate(&here, name).is_some())
}

/// The texts of Multi30k as they are, so that its figures stay.
pub fn read(
    config: &TranslateConfig,
    dirs: &DataDirs,
    limit: Option<usize>,
) -> Result<(Pairs, String)> {
    let [source, target] = languages(&config.data.source, &config.data.target)?;
    let file = |part: &str, language: &str| {
        let name = format!("multi30k/{part}.{language}");
        dirs.file("the captions", "multi30k", &[name.as_str()])
    };
    let mut files = Vec::new();
    let mut part = |part: &str| -> Result<ParallelTexts> {
        let (from, to) = (file(part, source)?, file(part, target)?);
        let texts = ParallelTexts::read(&from, &to, limit)?;
        files.extend([from, to]);
        Ok(texts)
    };
    let [train, valid, test] = [part(PARTS[0])?, part(PARTS[1])?, part(PARTS[2])?];
    let said = files[0].display().to_string();
    let pairs = Pairs {
        train,
        valid,
        test,
        files,
        source: source.to_string(),
        target: target.to_string(),
        notes: Vec::new(),
    };
    Ok((pairs, said))
}

/// Two languages of Multi30k; English and German where the settings do not say.
fn languages(source: &str, target: &str) -> Result<[&'static str; 2]> {
    let known = |name: &str| {
        let code = language_code(name);
        let found = LANGUAGES.into_iter().find(|&known| code == Some(known));
        found.ok_or_else(|| {
            let has = LANGUAGES.map(|code| format!("{} ({code})", language_name(code)));
            TaskError::usage(
                format!("Multi30k has no texts in {}", language_name(name)),
                format!(
                    "it has {}; pairs of your own go with --data",
                    has.join(", ")
                ),
            )
        })
    };
    let beside = |language: &str| match language {
        "en" => "de",
        _ => "en",
    };
    let chosen = match (source, target) {
        ("", "") => ["en", "de"],
        (source, "") => {
            let source = known(source)?;
            [source, beside(source)]
        }
        ("", target) => {
            let target = known(target)?;
            [beside(target), target]
        }
        (source, target) => [known(source)?, known(target)?],
    };
    match chosen[0] == chosen[1] {
        false => Ok(chosen),
        true => Err(TaskError::usage(
            format!(
                "source and target are the same: {}",
                language_name(chosen[0])
            ),
            "choose two languages",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_of_multi30k_go_both_ways() {
        for (source, target, want) in [
            ("", "", ["en", "de"]),
            ("de", "", ["de", "en"]),
            ("", "fr", ["en", "fr"]),
            ("fr", "", ["fr", "en"]),
            ("", "en", ["de", "en"]),
            ("German", "fr", ["de", "fr"]),
        ] {
            assert_eq!(
                languages(source, target).expect("known"),
                want,
                "{source} {target}"
            );
        }
        let said = languages("cs", "").expect_err("unknown").to_string();
        assert_eq!(said, "Multi30k has no texts in Czech");
        assert!(languages("de", "de").is_err());
    }
}
