//! Loads weight files as a list of cases says, and compares what the layers answer.
//!
//! `check_weights FOLDER` reads `FOLDER/cases.json`: a list of cases, each with a file, the layer it is
//! of, an input, and the output that the other library gave, or `null` where a refusal is expected.

use burn::tensor::{Device, Tensor, TensorData};
use rekindle_models::weights::{keras, pytorch};
use rekindle_models::{CellKind, CellOptions, StackConfig};
use serde::Deserialize;
use std::path::Path;

/// How far an answer may be from the other library's.
const NEAR: f64 = 1e-5;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    cell: CellKind,
    d_hidden: usize,
    num_layers: usize,
    bidirectional: bool,
    d_projection: Option<usize>,
    bias: bool,
    prefix: String,
    keras: Option<Vec<String>>,
    input: Vec<f64>,
    shape: [usize; 3],
    output: Option<Vec<f64>>,
}

type Failure = Box<dyn std::error::Error>;

impl Case {
    /// What the layers answer with the weights of the file.
    fn answer(&self, folder: &Path) -> Result<Vec<f64>, Failure> {
        let tensors = rekindle_weights::read(&folder.join(&self.file))?;
        let options = CellOptions {
            d_projection: self.d_projection,
            ..CellOptions::default()
        };
        let device = Device::flex();
        let stack = StackConfig::new(self.cell, self.shape[2], self.d_hidden)
            .with_options(options)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_bias(self.bias)
            .init(&device);
        let stack = match &self.keras {
            Some(layers) => {
                let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
                keras::load(stack, &tensors, &layers)?
            }
            None => pytorch::load(stack, &tensors, &self.prefix)?,
        };
        let input: Vec<f32> = self.input.iter().map(|value| *value as f32).collect();
        let input = Tensor::<3>::from_data(TensorData::new(input, self.shape), &device);
        let output = stack.forward(input, None, None).hidden.into_data();
        Ok(output.iter::<f64>().collect())
    }
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("name a folder with cases.json")?;
    let folder = Path::new(&folder);
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(folder.join("cases.json"))?)?;
    for case in cases {
        let answer = case.answer(folder);
        let said = match (&answer, &case.output) {
            (Err(error), _) => format!("refused: {error}"),
            (Ok(_), None) => "loaded, with nothing to compare".to_string(),
            (Ok(answer), Some(output)) => {
                let pairs = answer.iter().zip(output);
                let far = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                match answer.len() == output.len() && far <= NEAR {
                    true => format!("the same, to {far:.0e}"),
                    false => format!("OTHER NUMBERS, by {far}"),
                }
            }
        };
        println!("{}: {said}", case.name);
    }
    Ok(())
}
