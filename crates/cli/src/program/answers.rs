//! Answers of `predict` on standard output, as they come.

use rekindle_data::printable;
use rekindle_train::{Prediction, TaskAnswer, TaskError, say};
use serde_json::Value;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// A line of JSON an answer.
    Lines,
    /// A line of CSV an answer, with a header.
    Csv,
}

/// Writes answers.
pub struct Answers<'a> {
    form: Form,
    task: &'a str,
    given: usize,
}

impl<'a> Answers<'a> {
    /// Answers of a task in this form.
    pub fn new(form: Form, task: &'a str) -> Self {
        Self {
            form,
            task,
            given: 0,
        }
    }

    /// Writes an answer.
    pub fn give(&mut self, answer: TaskAnswer) -> Result<(), TaskError> {
        if let Some(why) = say::failed() {
            // What follows would be lost as well.
            let why = why.to_string();
            return Err(TaskError::Output { why });
        }
        self.given += 1;
        let first = self.given == 1;
        match self.form {
            Form::Text => say!("{}", printable(&answer.text)),
            Form::Lines => say!("{}", answer.json),
            Form::Json if first => {
                let task = Value::from(self.task);
                say!("{{\"task\":{task},\"predictions\":[{}", answer.json);
            }
            Form::Json => say!(",{}", answer.json),
            Form::Csv => {
                if first {
                    let names = answer.cells.iter().map(|(name, _)| name.as_str());
                    say!("{}", csv_line(names)?);
                }
                let cells = answer.cells.iter().map(|(_, cell)| cell.as_str());
                say!("{}", csv_line(cells)?);
            }
        }
        Ok(())
    }

    /// Ends the document, or writes the whole prediction where it was not given answer by answer.
    pub fn finish(self, whole: &Prediction) -> Result<(), TaskError> {
        match (self.form, self.given) {
            (Form::Text, 0) => say!("{}", printable(&whole.text)),
            (Form::Json, 0) => say!("{}", whole.json),
            (Form::Json, _) => say!("]}}"),
            (Form::Lines, 0) => {
                // The document of a whole prediction has one list: its answers.
                let fields = whole
                    .json
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.values());
                let list = fields.filter_map(Value::as_array).next();
                list.into_iter()
                    .flatten()
                    .for_each(|answer| say!("{answer}"));
            }
            (Form::Csv, 0) => {
                return Err(TaskError::usage(
                    "this task has no answers in CSV",
                    "use --json or --jsonl",
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> Result<String, TaskError> {
    let failed = |error: String| TaskError::usage(error, "use --json");
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer
        .write_record(cells)
        .map_err(|error| failed(error.to_string()))?;
    let bytes = writer
        .into_inner()
        .map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes)
        .trim_end_matches(['\r', '\n'])
        .to_string())
}
