//! What a run says of a text.

use super::classes::Classes;
use serde_json::json;

/// What a run says of a text.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The class.
    pub class: usize,
    /// The classes that were said, where a text may have several.
    pub several: Option<Vec<u32>>,
    /// Probabilities of all classes.
    pub probabilities: Vec<f64>,
    /// The tokens that were read, with the share of attention each got; empty without attention.
    pub attention: Vec<(String, f64)>,
    /// What the reader of the answer should know: a text that is empty, cut, or of unknown words.
    pub remarks: Vec<String>,
}

impl Answer {
    /// For programs.
    pub fn as_json(&self, classes: &Classes) -> serde_json::Value {
        let probabilities: serde_json::Map<String, serde_json::Value> = classes
            .list
            .iter()
            .zip(&self.probabilities)
            .map(|(class, probability)| (class.name.clone(), json!(probability)))
            .collect();
        let attention: Vec<_> = self
            .attention
            .iter()
            .map(|(token, weight)| json!({"token": token, "weight": weight}))
            .collect();
        let mut json = json!({
            "text": self.text,
            "label": classes.list[self.class].name,
            "class": classes.list[self.class].label,
            "probability": self.probabilities[self.class],
            "probabilities": probabilities,
            "attention": attention,
        });
        if let Some(names) = self.names(classes) {
            json["labels"] = json!(names);
        }
        if !self.remarks.is_empty() {
            json["remarks"] = json!(self.remarks);
        }
        json
    }

    /// Names of the classes that were said, where a text may have several.
    fn names<'a>(&self, classes: &'a Classes) -> Option<Vec<&'a str>> {
        let several = self.several.as_ref()?;
        Some(
            several
                .iter()
                .map(|&class| classes.name(class as usize))
                .collect(),
        )
    }

    /// For a table: the label and its probability, or all labels.
    pub fn as_cells(&self, classes: &Classes) -> Vec<(String, String)> {
        if let Some(names) = self.names(classes) {
            return vec![("labels".to_string(), names.join("|"))];
        }
        vec![
            ("label".to_string(), classes.name(self.class).to_string()),
            (
                "probability".to_string(),
                format!("{:.6}", self.probabilities[self.class]),
            ),
        ]
    }

    /// Label, probabilities, and the words that got half as much again as their even share of
    /// attention.
    pub fn as_text(&self, classes: &Classes) -> String {
        let mut order: Vec<usize> = (0..classes.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        let others: Vec<String> = order
            .iter()
            .take(SHOWN)
            .map(|&class| format!("{} {:.3}", classes.name(class), self.probabilities[class]))
            .collect();
        let said = match self.names(classes) {
            None => classes.name(self.class).to_string(),
            Some(names) if names.is_empty() => "none".to_string(),
            Some(names) => names.join(", "),
        };
        let mut text = format!("{said}  ({})\n", others.join(", "));
        let even = 1.0 / self.attention.len().max(1) as f64;
        let mut carried: Vec<&(String, f64)> = self
            .attention
            .iter()
            .filter(|(_, weight)| *weight > 1.5 * even)
            .collect();
        carried.sort_by(|a, b| b.1.total_cmp(&a.1));
        carried.truncate(8);
        if !carried.is_empty() {
            let words: Vec<String> = carried
                .iter()
                .map(|(token, weight)| format!("{token} {:.0} %", weight * 100.0))
                .collect();
            text += &format!("  carried by: {}\n", words.join(", "));
        }
        for remark in &self.remarks {
            text += &format!("  note: {remark}\n");
        }
        let shown: String = self.text.chars().take(100).collect();
        text += &format!("  {shown}\n");
        text
    }
}

/// Classes named in an answer for people.
const SHOWN: usize = 8;
