//! The blocks of a section.

use crate::chart::{Chart, Size};
use crate::page::{Block, Cell, Table, Token};
use maud::{Markup, PreEscaped, html};

/// Renders blocks and counts the charts, whose ids must not repeat.
#[derive(Default)]
pub(crate) struct Charts {
    drawn: usize,
}

impl Charts {
    /// One block; `narrow` when it shares its line with others.
    pub(crate) fn block(&mut self, block: &Block, narrow: bool) -> Markup {
        match block {
            Block::Text(text) => paragraphs(text),
            Block::Tokens(tokens) => self::tokens(tokens),
            Block::Code(code) => html! { pre tabindex="0" { code { (code) } } },
            Block::Table(table) => self::table(table),
            Block::Chart(chart) => self.chart(chart, narrow),
            Block::Row(blocks) => html! {
                div class="row" {
                    @for block in blocks { (self.block(block, narrow || blocks.len() > 1)) }
                }
            },
        }
    }

    fn chart(&mut self, chart: &Chart, narrow: bool) -> Markup {
        self.drawn += 1;
        let id = format!("c{}", self.drawn);
        let wide = !narrow && chart.is_wide();
        html! {
            figure class={ "card" @if wide { " both" } } {
                @if !chart.title.is_empty() { h3 { (chart.title) } }
                @if wide { (with_class(&chart.svg(Size::Wide, &format!("{id}w")), "wide")) }
                (with_class(&chart.svg(Size::Compact, &id), "compact"))
                @if !chart.caption.is_empty() { figcaption { (chart.caption) } }
            }
        }
    }
}

fn with_class(svg: &str, class: &str) -> Markup {
    PreEscaped(svg.replacen("<svg ", &format!("<svg class=\"{class}\" "), 1))
}

fn paragraphs(text: &str) -> Markup {
    html! {
        div class="text" {
            @for paragraph in text.split("\n\n").filter(|p| !p.trim().is_empty()) {
                p { (paragraph.trim()) }
            }
        }
    }
}

/// The share is in the title too, since colour alone says nothing to some readers.
fn tokens(tokens: &[Token]) -> Markup {
    html! {
        p class="card tokens" {
            @for token in tokens {
                @let percent = (token.strength.clamp(0.0, 1.0) * 60.0).round();
                span style={ "--share:" (percent) "%" }
                    title=(format!("{:.0} % of the strongest", token.strength * 100.0)) {
                    (token.text)
                }
                " "
            }
        }
    }
}

/// Labels longer than this are texts, and wrap.
const LONG_LABEL: usize = 60;

fn table(table: &Table) -> Markup {
    let cells = table.rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    // One heading more than cells: the first one heads the row labels.
    let headed = table.columns.len() > cells;
    let best = table.rows.iter().flat_map(|r| &r.cells).any(|c| c.best);
    html! {
        div class="card" {
            div class="scroll" tabindex="0" {
                table {
                    @if !table.caption.is_empty() { caption { span { (table.caption) } } }
                    @if !table.columns.is_empty() {
                        thead {
                            tr {
                                @if !headed { td { } }
                                @for column in &table.columns { th scope="col" { (column) } }
                            }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr class=[row.emphasis.then_some("own")] {
                                @let long = row.label.len() > LONG_LABEL;
                                th scope="row" class=[long.then_some("long")] { (row.label) }
                                @for cell in &row.cells { (self::cell(cell)) }
                                @for _ in row.cells.len()..cells { td { } }
                            }
                        }
                    }
                }
            }
            @if best { p class="key" { span class="star" aria-hidden="true" { "★" } "best in its column" } }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    html! {
        td class=[cell.best.then_some("best")] {
            @if cell.best {
                span class="star" aria-hidden="true" { "★" }
                span class="hide" { "best: " }
            }
            (cell.text)
            @if let Some(detail) = &cell.detail { small { (detail) } }
        }
    }
}
