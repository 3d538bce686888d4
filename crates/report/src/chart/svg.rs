//! From a kuva scene to a compact, accessible SVG element.

use kuva::prelude::SvgBackend;
use kuva::render::render::Scene;
use std::fmt::Write;

/// Fonts that the reader's system has; nothing is loaded.
pub(crate) const FONTS: &str =
    "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif";

/// Writes a scene. `id` must be unique in the document that the SVG goes into.
pub(crate) fn write(mut scene: Scene, id: &str, title: &str, description: &str) -> String {
    let (width, height) = (scene.width, scene.height);
    scene.font_family = None;
    let drawn = SvgBackend::new().render_scene(&scene);
    // kuva opens the element and stamps a comment: both are replaced.
    let inner = drawn.split_once("-->").map_or("", |(_, rest)| rest);
    let inner = inner.trim_end().trim_end_matches("</svg>");
    let mut out = opening(id, width, height, title, description);
    compact(&with_clip_id(inner, id), &mut out);
    out + "</svg>"
}

/// An SVG that only says something, for a chart without drawable numbers.
pub(crate) fn message(
    (width, height): (f64, f64),
    id: &str,
    title: &str,
    description: &str,
    message: &str,
) -> String {
    let (muted, card) = (super::palette::MUTED, super::palette::CARD);
    let mut out = opening(id, width, height, title, description);
    let _ = write!(
        out,
        "<rect width=\"100%\" height=\"100%\" fill=\"{card}\"/><text x=\"50%\" y=\"50%\" \
         text-anchor=\"middle\" font-size=\"14\" fill=\"{muted}\">{}</text></svg>",
        escape(message)
    );
    out
}

pub(crate) fn opening(id: &str, width: f64, height: f64, title: &str, description: &str) -> String {
    let title = escape(title);
    let description = escape(description);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-labelledby=\"{id}-t {id}-d\" font-family=\"{FONTS}\" \
         style=\"font-variant-numeric:tabular-nums\" stroke-linejoin=\"round\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>"
    )
}

/// kuva numbers its clip paths over the life of the process; the document needs them unique and
/// the same every time.
fn with_clip_id(svg: &str, id: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut parts = svg.split("kuva-clip-");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let _ = write!(out, "{id}-clip");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// Copies markup with numbers inside tags cut to one decimal and paths without spare letters.
fn compact(svg: &str, out: &mut String) {
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let end = rest[start..]
            .find('>')
            .map_or(rest.len(), |e| start + e + 1);
        out.push_str(&rest[..start]);
        compact_tag(&rest[start..end], out);
        rest = &rest[end..];
    }
    out.push_str(rest);
}

fn compact_tag(tag: &str, out: &mut String) {
    if let Some((head, path)) = tag.split_once(" d=\"") {
        let (path, tail) = path.split_once('"').unwrap_or((path, ""));
        // After a move, coordinates are lines: the letter is only needed for a new start.
        let path = path.replace("L ", "").replace("M ", "M").replace(" Z", "Z");
        out.push_str(head);
        out.push_str(" d=\"");
        short_numbers(path.trim_end(), out);
        out.push('"');
        compact_tag(tail, out);
        return;
    }
    match tag.strip_suffix(" />") {
        Some(open) => {
            short_numbers(open, out);
            out.push_str("/>");
        }
        None => short_numbers(tag, out),
    }
}

/// Rounds every number with more than two decimals, or coordinates with more than one.
fn short_numbers(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut i = 0;
    let mut copied = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii_digit() {
            i += 1;
            continue;
        }
        let start = i;
        while i < bytes.len() && (bytes[i].is_ascii_digit() || bytes[i] == b'.') {
            i += 1;
        }
        let number = &text[start..i];
        let Some((whole, decimals)) = number.split_once('.') else {
            continue;
        };
        // Small numbers are opacities and widths, and keep two decimals.
        let keep = if whole.len() == 1 { 2 } else { 1 };
        if let (true, Ok(value)) = (
            decimals.len() > keep || decimals == "0",
            number.parse::<f64>(),
        ) {
            out.push_str(&text[copied..start]);
            let rounded = format!("{value:.keep$}");
            out.push_str(rounded.trim_end_matches('0').trim_end_matches('.'));
            copied = i;
        }
    }
    out.push_str(&text[copied..]);
}

/// Text for kuva: without characters that XML forbids, and with dollars that stay dollars.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .collect::<String>()
        .replace('$', "\\$")
}

/// Escapes text for SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(svg: &str) -> String {
        let mut out = String::new();
        compact(svg, &mut out);
        out
    }

    #[test]
    fn numbers_shrink_in_tags_only() {
        assert_eq!(
            compacted(
                r#"<path d="M 12.345 6.0 L 7 8.25 L 1.23456 9 Z" stroke="x" /><text x="12.6600001">0.12345</text>"#
            ),
            r#"<path d="M12.3 6 7 8.25 1.23 9Z" stroke="x"/><text x="12.7">0.12345</text>"#
        );
        assert_eq!(
            compacted(r#"<rect width="100%" fill="v(--a,#1234.5)" />"#),
            r#"<rect width="100%" fill="v(--a,#1234.5)"/>"#
        );
    }

    #[test]
    fn dollars_and_control_characters() {
        assert_eq!(plain("a$b\u{0}$"), "a\\$b\\$");
        assert_eq!(escape("<a & \"b\">\u{7}"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
