//! Images and labels in the IDX format of MNIST.

use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Source};
use crate::source::{open, unreadable};
use std::io::Read;
use std::path::Path;

/// First bytes of a file of images and of one of labels.
const IMAGES: u32 = 0x0000_0803;
const LABELS: u32 = 0x0000_0801;

/// Grey images of one size with their labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// All images, row by row, 0 to 255.
    pub pixels: Vec<u8>,
    /// Their labels; none where there is no file of them.
    pub labels: Vec<u8>,
}

impl Images {
    /// Reads a file of images, and one of their labels where there is one (plain, gzip, xz or zstd), the
    /// first `limit` of them.
    ///
    /// # Errors
    /// [`DataError::Content`] when a file is of another format, ends early, or the two do not fit each
    /// other; [`DataError::Missing`] and [`DataError::Read`].
    pub fn read(images: &Path, labels: Option<&Path>, limit: Option<usize>) -> Result<Self> {
        let (sizes, pixels) = read::<3>(images, IMAGES, "images", limit)?;
        let [count, height, width] = sizes;
        let labels = match labels {
            Some(path) => {
                let (said, labels) = read::<1>(path, LABELS, "labels", limit)?;
                if said[0] != count {
                    return Err(content(
                        format!("{} labels are for {count} images", said[0]),
                        path,
                        "give the two files of one set",
                    ));
                }
                labels
            }
            None => Vec::new(),
        };
        Ok(Self {
            height,
            width,
            pixels,
            labels,
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / (self.height * self.width).max(1)
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The pixels of an image, row by row.
    pub fn image(&self, at: usize) -> &[u8] {
        let size = self.height * self.width;
        &self.pixels[at * size..][..size]
    }
}

/// Sizes and values of a file with `N` sizes, the number of items first.
fn read<const N: usize>(
    path: &Path,
    magic: u32,
    what: &str,
    limit: Option<usize>,
) -> Result<([usize; N], Vec<u8>)> {
    Source::open(path)?.refuse_other(Contents::Bytes)?;
    let mut file = open(path)?;
    let mut number = || -> Result<usize> {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)
            .map_err(|error| ended(path, error))?;
        Ok(u32::from_be_bytes(bytes) as usize)
    };
    if number()? != magic as usize {
        return Err(content(
            format!("this is no IDX file of {what}"),
            path,
            "give the file as it is published, compressed or not",
        ));
    }
    let mut sizes = [0; N];
    for size in &mut sizes {
        *size = number()?;
    }
    let items = limit.map_or(sizes[0], |limit| limit.min(sizes[0]));
    let each = sizes[1..]
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    let total = each
        .and_then(|each| each.checked_mul(items))
        .filter(|&n| n < 1 << 34);
    let Some(total) = total else {
        return Err(content(
            "the sizes in its head are beyond memory".to_string(),
            path,
            "fetch the file again",
        ));
    };
    let mut values = Vec::new();
    file.take(total as u64)
        .read_to_end(&mut values)
        .map_err(|error| unreadable(path, error))?;
    if values.len() < total {
        let each = each.unwrap_or(1).max(1);
        return Err(content(
            format!(
                "the file ends after {} of {} {what}",
                values.len() / each,
                sizes[0]
            ),
            path,
            "fetch it again",
        ));
    }
    Ok((sizes, values))
}

fn ended(path: &Path, error: std::io::Error) -> DataError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => content(
            "the file ends within its head".to_string(),
            path,
            "fetch it again",
        ),
        _ => unreadable(path, error),
    }
}

fn content(what: String, path: &Path, help: &str) -> DataError {
    DataError::content(what, Place::file(path), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn header(magic: u32, sizes: &[u32]) -> Vec<u8> {
        let numbers = [&[magic], sizes].concat();
        numbers.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    fn pair(images: Vec<u8>, labels: Vec<u8>, limit: Option<usize>) -> Result<Images> {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b] = ["images", "labels"].map(|name| folder.path().join(name));
        fs::write(&a, images).expect("written");
        fs::write(&b, labels).expect("written");
        Images::read(&a, Some(&b), limit)
    }

    fn good() -> (Vec<u8>, Vec<u8>) {
        let images = [header(IMAGES, &[3, 2, 2]), (0..12).collect()].concat();
        let labels = [header(LABELS, &[3]), vec![7, 8, 9]].concat();
        (images, labels)
    }

    #[test]
    fn images_and_labels_are_paired() {
        let (images, labels) = good();
        let read = pair(images.clone(), labels.clone(), None).expect("three images");
        assert_eq!((read.len(), read.height, read.width), (3, 2, 2));
        assert_eq!(read.image(1), [4, 5, 6, 7]);
        assert_eq!(read.labels, [7, 8, 9]);
        let read = pair(images, labels, Some(2)).expect("two images");
        assert_eq!((read.len(), read.pixels.len()), (2, 8));
        assert_eq!(read.labels, [7, 8]);
    }

    #[test]
    fn another_file_is_named() {
        let page = b"<!DOCTYPE html><html><body>Not found</body></html>".to_vec();
        let error = pair(page, good().1, None).expect_err("a page");
        assert!(error.to_string().contains("web page"), "{error}");
        let error = pair(good().1, good().1, None).expect_err("labels");
        assert!(
            error.to_string().contains("no IDX file of images"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (images, labels) = good();
        let said = |images: &[u8], labels: &[u8]| {
            let error = pair(images.to_vec(), labels.to_vec(), None);
            error.expect_err("refused").to_string()
        };
        assert_eq!(said(&labels, &labels), "this is no IDX file of images");
        assert_eq!(said(&images[..9], &labels), "the file ends within its head");
        assert_eq!(
            said(&images[..22], &labels),
            "the file ends after 1 of 3 images"
        );
        let four = [header(LABELS, &[4]), vec![1, 2, 3, 4]].concat();
        assert_eq!(said(&images, &four), "4 labels are for 3 images");
        let huge = header(IMAGES, &[u32::MAX; 3]);
        assert_eq!(
            said(&huge, &labels),
            "the sizes in its head are beyond memory"
        );
    }
}
