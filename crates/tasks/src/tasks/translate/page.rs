//! `report.html`.

use super::saved::Translator;
use super::scores::Tested;
use crate::fit::History;
use crate::summary::Summary;
use rekindle_models::RecurrentBackend;

/// What the page is made of.
pub struct PageInput<'a, B: RecurrentBackend> {
    /// The figures.
    pub summary: &'a Summary,
    /// The network.
    pub translator: &'a Translator<B>,
    /// Absent in an evaluation.
    pub history: Option<&'a History>,
    /// The test.
    pub tested: &'a Tested,
}

/// The page as HTML.
pub fn render<B: RecurrentBackend>(_input: &PageInput<'_, B>) -> String {
    String::new()
}
