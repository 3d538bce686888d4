//! Files that PyTorch and Keras wrote, with what their layers answered; made by
//! `scripts/golden/weights.py`.

use burn::tensor::{Device, Tensor, TensorData};
use rekindle_models::weights::{NamedTensors, WeightsError, keras, pytorch};
use rekindle_models::{CellKind, CellOptions, Stack, StackConfig};
use rekindle_weights::{FileError, read, write};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const D_HIDDEN: usize = 4;

#[derive(Deserialize)]
struct Case {
    name: String,
    cell: CellKind,
    num_layers: usize,
    bidirectional: bool,
    d_projection: Option<usize>,
    input: Vec<f32>,
    output: Vec<f32>,
    shape: [usize; 3],
    files: Vec<String>,
    keras_layers: Option<Vec<String>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

impl Case {
    fn all() -> Vec<Self> {
        let file = std::fs::read_to_string(folder().join("golden.json")).unwrap();
        serde_json::from_str(&file).unwrap()
    }

    fn fresh(&self) -> Stack {
        let options = CellOptions {
            d_projection: self.d_projection,
            ..CellOptions::default()
        };
        StackConfig::new(self.cell, self.shape[2], D_HIDDEN)
            .with_options(options)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .init(&Device::flex())
    }

    fn layers(&self) -> Option<Vec<&str>> {
        let layers = self.keras_layers.as_ref()?;
        Some(layers.iter().map(String::as_str).collect())
    }

    fn load(&self, tensors: &NamedTensors) -> Result<Stack, WeightsError> {
        match self.layers() {
            Some(layers) => keras::load(self.fresh(), tensors, &layers),
            None => pytorch::load(self.fresh(), tensors, ""),
        }
    }

    fn save(&self, stack: &Stack) -> NamedTensors {
        match self.layers() {
            Some(layers) => keras::save(stack, &layers).unwrap(),
            None => pytorch::save(stack, "").unwrap(),
        }
    }

    fn answer(&self, stack: &Stack) -> Vec<f32> {
        let data = TensorData::new(self.input.clone(), self.shape);
        let input = Tensor::<3>::from_data(data, &Device::flex());
        let output = stack.forward(input, None, None).hidden;
        output.into_data().try_to_vec().unwrap()
    }
}

#[test]
fn every_file_gives_the_other_librarys_answers() {
    let cases = Case::all();
    assert_eq!(cases.len(), 30);
    for case in cases {
        for file in &case.files {
            let tensors = read(&folder().join(file)).unwrap();
            let stack = case
                .load(&tensors)
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let answer = case.answer(&stack);
            assert_eq!(answer.len(), case.output.len(), "{file}");
            for (got, want) in answer.iter().zip(&case.output) {
                assert!((got - want).abs() < 1e-6, "{file}: {got} for {want}");
            }
        }
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for case in Case::all() {
        let first = read(&self::folder().join(&case.files[0])).unwrap();
        let stack = case.load(&first).unwrap();
        for ending in ["safetensors", "npz"] {
            let file = folder.path().join(format!("{}.{ending}", case.name));
            write(&file, &case.save(&stack)).unwrap();
            let again = case.load(&read(&file).unwrap()).unwrap();
            assert_eq!(case.answer(&again), case.answer(&stack), "{}", case.name);
        }
        // Names are those of the other library, but for where Keras says how often a layer was made.
        let written = case.save(&stack);
        assert_eq!(written.len(), first.len(), "{}", case.name);
        if case.keras_layers.is_none() {
            assert!(written.keys().eq(first.keys()), "{}", case.name);
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let cases = Case::all();
    let case = cases
        .iter()
        .find(|case| case.name == "torch_lstm_1")
        .unwrap();
    let tensors = read(&folder().join(&case.files[1])).unwrap();
    let device = Device::flex();
    let refusal = |config: StackConfig, tensors: &NamedTensors| {
        pytorch::load(config.init(&device), tensors, "").err()
    };
    let shape = refusal(StackConfig::new(CellKind::Lstm, 3, 5), &tensors);
    assert_eq!(
        shape.unwrap().to_string(),
        "weight_ih_l0 is [16, 3], and the layer needs [20, 3]"
    );
    let two = StackConfig::new(CellKind::Lstm, 3, 4).with_num_layers(2);
    let missing = refusal(two, &tensors);
    let near = ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"];
    let wanted = WeightsError::Missing {
        name: "weight_ih_l1".into(),
        near: near.map(String::from).to_vec(),
    };
    assert_eq!(missing, Some(wanted));
    let no_bias = StackConfig::new(CellKind::Lstm, 3, 4).with_bias(false);
    let left = refusal(no_bias, &tensors);
    assert_eq!(left, Some(WeightsError::Unexpected("bias_hh_l0".into())));
    let peephole = refusal(StackConfig::new(CellKind::LstmPeephole, 3, 4), &tensors);
    assert_eq!(peephole, Some(WeightsError::Unsupported("peepholes")));
    let before = refusal(StackConfig::new(CellKind::GruResetBefore, 3, 4), &tensors);
    assert!(matches!(before, Some(WeightsError::Unsupported(_))));
}

#[test]
fn a_bad_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["safetensors", "pt", "npz"] {
        let file = folder.path().join(format!("weights.{ending}"));
        assert!(matches!(read(&file), Err(FileError::Io { .. })), "{ending}");
        std::fs::write(&file, b"not weights at all").unwrap();
        let error = read(&file).unwrap_err();
        assert!(matches!(error, FileError::Format { .. }), "{error}");
        assert!(error.to_string().contains(ending), "{error}");
    }
    let text = folder.path().join("weights.txt");
    assert!(matches!(read(&text), Err(FileError::Unknown { .. })));
    let nowhere = folder.path().join("missing").join("weights.npz");
    let error = write(&nowhere, &NamedTensors::new()).unwrap_err();
    assert!(matches!(error, FileError::Io { .. }), "{error}");
}
