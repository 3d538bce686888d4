//! `evaluate` and `predict`: a saved run on other sequences.

use super::Memory;
use super::config::{MemoryConfig, Problem};
use super::data;
use super::model::Said;
use super::page;
use super::prepare::{SequenceBatcher, Source, collate};
use super::problem::{COPIED, letter};
use super::scores;
use crate::compare::align;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, PredictInput, Prediction};
use rekindle_train::program;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// The sequences of a file to test on.
pub fn given(config: &MemoryConfig, input: &Path) -> Result<SequenceBatcher> {
    let mut config = config.clone();
    let source = match config.problem.is_mnist() {
        true => Source::Digits(data::load_digits(input, &config, true)?),
        false => {
            let sequences = data::load_sequences(input, &config)?;
            let steps = sequences.first().map(|(steps, _)| steps.len());
            let odd = |(read, _): &(Vec<f32>, _)| Some(read.len()) != steps;
            if let Some(at) = sequences.iter().position(odd) {
                return Err(TaskError::Usage {
                    what: "this sequence is not as long as the first".to_string(),
                    place: Some(format!("{}, row {}", input.display(), at + 1)),
                    help: "give sequences of one length".to_string(),
                });
            }
            if let (Problem::Adding, Some(numbers)) = (config.problem, steps) {
                // A number and a mark each.
                config.length = numbers / 2;
            }
            Source::Given(sequences)
        }
    };
    let batcher = SequenceBatcher::new(config, Arc::new(source));
    match batcher.parts.test().is_empty() {
        true => Err(nothing(input)),
        false => Ok(batcher),
    }
}

/// See [`crate::Task::predict`].
pub fn predict(
    context: &Context,
    file: &TaskFile,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let (run, saved) = program::open(&Memory, context, file, directory)?;
    let config = &saved.config;
    let source = match (config.problem.is_mnist(), input) {
        (true, PredictInput::File(path)) => Source::Digits(data::load_digits(path, config, false)?),
        (true, PredictInput::Texts(_)) => {
            return Err(TaskError::usage(
                "this run reads images, not texts",
                "give a file of images with --input FILE",
            ));
        }
        (false, PredictInput::File(path)) => Source::Given(data::load_sequences(path, config)?),
        (false, PredictInput::Texts(texts)) => {
            let read = |text: &String| data::sequence(text, config, format!("--text {text:?}"));
            Source::Given(texts.iter().map(read).collect::<Result<_>>()?)
        }
    };
    let batcher = SequenceBatcher::new(config.clone(), Arc::new(source));
    let names: Vec<_> = saved.named().map(|(name, ..)| name).collect();
    let header = ["sequence"].into_iter().chain(names.iter().copied());
    let mut lines = vec![header.map(str::to_string).collect::<Vec<_>>()];
    let mut list = Vec::new();
    for item in batcher.parts.test() {
        let said: Vec<Value> = saved
            .named()
            .map(|(_, _, model)| {
                let one = collate([batcher.sequence(item, 0)], config.problem, &context.device);
                value(model.say(one.input, config.problem), config.problem)
            })
            .collect();
        let mut line = vec![(item + 1).to_string()];
        line.extend(said.iter().map(in_words));
        lines.push(line);
        let named: Map<String, Value> = names.iter().copied().map(String::from).zip(said).collect();
        list.push(Value::Object(named));
    }
    let drawn = saved.named().filter(|_| batcher.parts.test == 1);
    let figures = drawn.flat_map(|(name, _, model)| {
        let gates = scores::gates(model, &batcher, &context.device);
        page::gate_charts(name, &gates, config.d_hidden)
    });
    Ok(Prediction {
        text: align(&lines).trim_end().to_string(),
        json: json!({"task": run.task, "problem": config.problem.name(), "answers": list}),
        html: None,
        figures: figures.collect(),
    })
}

/// An answer for programs.
fn value(said: Said, problem: Problem) -> Value {
    match (said, problem) {
        (Said::Number(number), _) => json!(number),
        (Said::Classes(classes), Problem::Copy) => {
            let last = classes.len().saturating_sub(COPIED);
            json!(
                classes[last..]
                    .iter()
                    .map(|&class| letter(class))
                    .collect::<String>()
            )
        }
        (Said::Classes(classes), _) => json!(classes.first()),
    }
}

/// The same for people.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            format!("{:.4}", number.as_f64().unwrap_or(f64::NAN))
        }
        other => other.to_string(),
    }
}

fn nothing(input: &Path) -> TaskError {
    TaskError::Usage {
        what: "there is nothing to test".to_string(),
        place: Some(input.display().to_string()),
        help: "give a file with a sequence".to_string(),
    }
}
