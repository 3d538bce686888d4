//! What a data set consists of and where it comes from.

use crate::error::{DataError, Place, Result};
use serde::{Deserialize, Serialize};

/// A data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name on the command line.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Under which terms.
    pub licence: String,
    /// Where it is described.
    pub homepage: String,
    /// Who to cite.
    pub citation: Option<String>,
    /// What else to know, such as a login.
    pub note: Option<String>,
    /// Its files.
    #[serde(default)]
    pub files: Vec<ManifestFile>,
}

/// A file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Where it is kept below a data folder, with `/`: `stock/prices.csv`.
    pub path: String,
    /// Where it is downloaded from; none if it must be fetched by hand.
    pub url: Option<String>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// The member of the archive at `url` that it is; such files are not fetched yet.
    pub unpack: Option<String>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not TOML of this form, a path leads out of the data folder or stands twice, or a
    /// hash is not one; the place is a row of the manifest where one is known.
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let row = before.map(|before| before.matches('\n').count() as u64 + 1);
            wrong(error.message().to_string(), row)
        })?;
        for (index, file) in manifest.files.iter().enumerate() {
            let path = &file.path;
            if !stays_inside(path) {
                let what = format!("the path \"{path}\" does not stay in the data folder");
                return Err(wrong(what, None));
            }
            if manifest.files[..index]
                .iter()
                .any(|other| other.path == *path)
            {
                return Err(wrong(format!("the file {path} stands twice"), None));
            }
            if file.sha256.as_ref().is_some_and(|hash| !is_sha256(hash)) {
                let what = format!("the SHA-256 of {path} is not 64 hexadecimal digits");
                return Err(wrong(what, None));
            }
        }
        Ok(manifest)
    }
}

fn wrong(what: String, row: Option<u64>) -> DataError {
    let place = Place {
        file: "manifest".to_string(),
        row,
        column: None,
    };
    DataError::content(what, place, "correct the manifest")
}

/// Plain names joined by `/`: nothing absolute, and no way up.
fn stays_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(plain) && !path.contains(['\\', ':', '\0'])
}

fn is_sha256(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name='x'\ntitle='X'\nlicence='CC0'\nhomepage='https://example.org'\n";

    fn parse(rest: &str) -> std::result::Result<Manifest, String> {
        Manifest::parse(&format!("{HEAD}{rest}")).map_err(|error| {
            let place = error.place().unwrap_or_default();
            format!("{error} ({place})")
        })
    }

    #[test]
    fn a_manifest_is_read() {
        let manifest = parse("[[files]]\npath='a/b.csv'\nbytes=3").expect("a good manifest");
        assert_eq!(manifest.files[0].path, "a/b.csv");
        assert_eq!((manifest.files[0].bytes, &manifest.note), (Some(3), &None));
        assert_eq!(parse("").expect("no files").files, []);
    }

    #[test]
    fn a_bad_manifest_is_an_error_with_its_row() {
        let wanted = "invalid type: string \"3\", expected u64 (manifest, row 7)";
        assert_eq!(
            parse("[[files]]\npath='a'\nbytes='3'"),
            Err(wanted.to_string())
        );
        assert!(parse("color='red'").is_err_and(|what| what.contains("unknown field")));
        assert!(parse("[[files]]\npath='a'\n[[files]]\npath='a'").is_err());
        assert!(parse("[[files]]\npath='a'\nsha256='12'").is_err());
        for path in [
            "../a",
            "/a",
            "a//b",
            "a/../../b",
            "C:/a",
            "",
            "a/.",
            "\\\\a",
        ] {
            let text = format!("[[files]]\npath=\"{path}\"");
            assert!(
                parse(&text).is_err_and(|what| what.contains("stay in")),
                "{path}"
            );
        }
    }
}
