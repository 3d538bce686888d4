//! From a [`Page`] to HTML.

mod blocks;

use crate::page::{Figure, Note, NoteKind, Page, Section, Verdict};
use blocks::Charts;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The whole document.
pub(crate) fn document(page: &Page) -> String {
    let mut charts = Charts::default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="page" {
                    header {
                        h1 { (page.title) }
                        @if !page.subtitle.is_empty() { p class="sub" { (page.subtitle) } }
                        (facts(&page.facts))
                    }
                    main {
                        (headline(&page.headline))
                        (notes(&page.notes))
                        (contents(&page.sections))
                        @for (i, section) in page.sections.iter().enumerate() {
                            section id={ "s" (i + 1) } {
                                h2 { (section.title) }
                                @if !section.lead.is_empty() { p class="lead" { (section.lead) } }
                                @for block in &section.blocks { (charts.block(block, false)) }
                            }
                        }
                    }
                    @if !page.footer.is_empty() { footer { (page.footer) } }
                }
            }
        }
    }
    .into_string()
}

fn facts(facts: &[(String, String)]) -> Markup {
    html! {
        @if !facts.is_empty() {
            dl class="facts" {
                @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

fn headline(figures: &[Figure]) -> Markup {
    html! {
        @if !figures.is_empty() {
            ul class="head" {
                @for figure in figures {
                    @let (class, sign) = match figure.verdict {
                        Verdict::Good => ("good", "✓ good"),
                        Verdict::Neutral => ("neutral", "• neutral"),
                        Verdict::Bad => ("bad", "✗ bad"),
                    };
                    li class=(class) {
                        div class="label" { (figure.label) }
                        div class="value" { (figure.value) }
                        div class="detail" { (figure.detail) }
                        div class="tag" { (sign) }
                    }
                }
            }
        }
    }
}

fn notes(notes: &[Note]) -> Markup {
    html! {
        @if !notes.is_empty() {
            div class="notes" {
                @for note in notes {
                    @match note.kind {
                        NoteKind::Info => p class="note" { b { "Note. " } (note.text) },
                        NoteKind::Warning => {
                            p class="note warning" { b { "⚠ Warning. " } (note.text) }
                        }
                    }
                }
            }
        }
    }
}

/// Links to the sections, where there are enough of them to get lost in.
fn contents(sections: &[Section]) -> Markup {
    html! {
        @if sections.len() > 2 {
            nav aria-label="Contents" {
                ol {
                    @for (i, section) in sections.iter().enumerate() {
                        li { a href={ "#s" (i + 1) } { (section.title) } }
                    }
                }
            }
        }
    }
}
