//! `predict`: an answer a text, as it comes.

use super::answer::Answer;
use super::classifier::Classifier;
use super::page;
use crate::error::Result;
use crate::task::{Context, Each, PredictInput, PredictRequest, Prediction, TaskAnswer};

/// Answers every text of the input.
pub fn predict(
    model: &Classifier,
    context: &Context,
    request: &PredictRequest,
    each: Each<'_>,
) -> Result<Prediction> {
    let mut kept = Vec::new();
    let mut give = |answer: Answer, row: Option<u64>, others: Vec<(String, String)>| {
        let mut json = answer.as_json(&model.classes);
        if let Some(row) = row {
            json["row"] = row.into();
        }
        for (name, cell) in &others {
            json["columns"][name] = cell.as_str().into();
        }
        let mut cells = others;
        cells.extend(answer.as_cells(&model.classes));
        each(TaskAnswer {
            text: answer.as_text(&model.classes),
            json,
            cells,
        })?;
        if request.page {
            kept.push(answer);
        }
        Result::Ok(())
    };
    match &request.input {
        PredictInput::Texts(texts) => {
            for text in texts {
                give(model.answer(text, &context.device), None, Vec::new())?;
            }
        }
        PredictInput::File(path) => {
            let mut reader = super::load::reader(&model.config.data, path)?;
            while let Some(piece) = reader.read(PIECE)? {
                for (at, text) in piece.texts.iter().enumerate() {
                    let cells = piece.cells.get(at).into_iter().flatten();
                    let others = piece.header.iter().cloned().zip(cells.cloned()).collect();
                    give(
                        model.answer(text, &context.device),
                        Some(piece.rows[at]),
                        others,
                    )?;
                }
            }
            let summary = reader.summary();
            summary.lines().iter().for_each(|note| context.tell(note));
        }
    }
    Ok(Prediction {
        html: request
            .page
            .then(|| page::answers(&model.name, &model.classes, &kept)),
        ..Prediction::default()
    })
}

/// Rows that are read at once.
const PIECE: usize = 256;
