//! From a [`Page`] to HTML.

use crate::page::Page;
use maud::{DOCTYPE, html};

/// The whole document.
pub(crate) fn document(page: &Page) -> String {
    let svgs: Vec<String> = page
        .sections
        .iter()
        .flat_map(|s| &s.blocks)
        .filter_map(|b| match b {
            crate::page::Block::Chart(chart) => Some(chart.to_svg()),
            _ => None,
        })
        .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (page.title) } }
            body { h1 { (page.title) } @for svg in &svgs { (maud::PreEscaped(svg)) } }
        }
    }
    .into_string()
}
