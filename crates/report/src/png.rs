//! A chart as a picture.

use crate::Chart;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::sync::Arc;

/// The font of the text: a machine that trains may have none.
const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
/// Pixels of the picture for one of the drawing, so that text is sharp.
const SCALE: f32 = 2.0;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PngError(String);

impl std::fmt::Display for PngError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the chart cannot be drawn as a picture: {}", self.0)
    }
}

impl std::error::Error for PngError {}

impl Chart {
    /// The plot as a file of its own, which any program can show: its colours are the light ones.
    pub fn to_svg_file(&self) -> String {
        plain_colours(&self.to_svg())
    }

    /// The plot as PNG, two pixels for one.
    ///
    /// # Errors
    /// When it is larger than memory allows.
    pub fn to_png(&self) -> Result<Vec<u8>, PngError> {
        let failed = |error: &dyn std::fmt::Display| PngError(error.to_string());
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        let options = Options {
            fontdb: Arc::new(fonts),
            ..Options::default()
        };
        let tree = Tree::from_str(&self.to_svg_file(), &options).map_err(|e| failed(&e))?;
        let size = tree.size().to_int_size();
        let size = size
            .scale_by(SCALE)
            .ok_or_else(|| failed(&"it has no size"))?;
        let mut picture =
            Pixmap::new(size.width(), size.height()).ok_or_else(|| failed(&"it is too large"))?;
        let scale = Transform::from_scale(SCALE, SCALE);
        resvg::render(&tree, scale, &mut picture.as_mut());
        picture.encode_png().map_err(|error| failed(&error))
    }
}

/// Puts the fallback in the place of every `var(--name,fallback)`.
fn plain_colours(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut parts = svg.split("var(--");
    out += parts.next().unwrap_or_default();
    for part in parts {
        match part.split_once(')') {
            Some((variable, rest)) => {
                out += variable
                    .split_once(',')
                    .map_or("", |(_, fallback)| fallback);
                out += rest;
            }
            None => out += part,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChartKind, HeatMap};

    fn chart(name: &str) -> Chart {
        Chart {
            title: "t".into(),
            caption: String::new(),
            kind: ChartKind::HeatMap(HeatMap {
                rows: vec![name.into(), "b".into()],
                columns: vec![name.into()],
                values: vec![1.0, 0.5],
            }),
        }
    }

    fn pixels(chart: &Chart) -> Pixmap {
        Pixmap::decode_png(&chart.to_png().expect("a picture")).expect("a PNG")
    }

    #[test]
    fn a_picture_has_text_and_colour_without_any_font_on_the_machine() {
        let drawn = pixels(&chart("Größe"));
        let blank = pixels(&chart(""));
        let dark = |picture: &Pixmap| {
            let ink = picture.pixels().iter();
            ink.filter(|p| p.red() < 120 && p.green() < 120 && p.blue() < 130)
                .count()
        };
        assert!(
            dark(&drawn) > dark(&blank) + 100,
            "{} {}",
            dark(&drawn),
            dark(&blank)
        );
        let full = drawn.pixels().iter();
        assert!(
            full.filter(|p| (p.red(), p.green(), p.blue()) == (11, 101, 173))
                .count()
                > 1000
        );
        assert_eq!(chart("x").to_png(), chart("x").to_png());
    }

    #[test]
    fn no_variable_is_left() {
        let svg = chart("x").to_svg_file();
        assert!(!svg.contains("var(") && svg.contains("#0b65ad") && svg.ends_with("</svg>"));
    }
}
