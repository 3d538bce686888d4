//! Files as people have them: views, cut storages, other types and names. Each is read as the library
//! that wrote it would, or refused by name; none gives other numbers.

use burn::tensor::{Device, Tensor, TensorData};
use rekindle_models::weights::{keras, pytorch};
use rekindle_models::{CellKind, CellOptions, StackConfig};
use rekindle_weights::{read, write};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Cases that are refused, and what the refusal must say.
const REFUSED: [(&str, &[&str]); 21] = [
    (
        "net-no-prefix",
        &["weight_ih_l0", "load with the prefix rnn."],
    ),
    (
        "dataparallel",
        &["module.rnn.weight_ih_l0", "prefix module.rnn."],
    ),
    ("checkpoint-state_dict", &["prefix state_dict.rnn."]),
    (
        "int8-dynamic",
        &[
            "there is no tensor 0.weight_ih_l0",
            "0._all_weight_values.0.param",
        ],
    ),
    ("bi-2-layers-as-uni", &["weight_ih_l1 is [20, 10]"]),
    ("gru-as-lstm", &["weight_ih_l0 is [15, 4]"]),
    (
        "lstmcell-names",
        &["there is no tensor weight_ih_l0", "weight_hh, weight_ih"],
    ),
    ("weight-norm", &["weight_hh_l0"]),
    ("nan-weights", &["not finite"]),
    ("lfs-pointer", &["Git LFS pointer"]),
    ("lone-tensor", &["one tensor and no names", "state_dict"]),
    ("list-of-dicts", &["the file holds a list", "state_dict"]),
    ("storage-shortened", &["weight_ih_l0", "cut or damaged"]),
    ("safetensors-f8", &["weight_ih_l0 holds F8"]),
    ("safetensors-cut", &["cut.safetensors"]),
    ("ending-bin", &["ends in .pt"]),
    ("keras-h5", &["numpy.savez"]),
    ("keras-keras", &["numpy.savez"]),
    ("npz-get_weights-list", &["arr_0, arr_1, arr_2"]),
    (
        "keras-gru-reset-before-into-gru",
        &["gru/gru_cell/bias is [15]"],
    ),
    ("cudnngru-flat-bias", &["cu_dnngru/bias is [30]"]),
];

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
    input: Vec<f32>,
    shape: [usize; 3],
    output: Option<Vec<f64>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/odd")
}

impl Case {
    fn answer(&self) -> Result<Vec<f64>, String> {
        let tensors = read(&folder().join(&self.file)).map_err(|error| error.to_string())?;
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
                keras::load(stack, &tensors, &layers)
            }
            None => pytorch::load(stack, &tensors, &self.prefix),
        };
        let stack = stack.map_err(|error| error.to_string())?;
        let input = TensorData::new(self.input.clone(), self.shape);
        let input = Tensor::<3>::from_data(input, &device);
        let output = stack.forward(input, None, None).hidden.into_data();
        Ok(output.iter::<f64>().collect())
    }
}

#[test]
fn every_odd_file_is_read_as_it_is_or_refused_by_name() {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 53);
    for case in cases {
        let wanted = REFUSED.iter().find(|(name, _)| *name == case.name);
        match (case.answer(), wanted) {
            (Err(said), Some((_, parts))) => {
                for part in *parts {
                    assert!(said.contains(part), "{}: {said}", case.name);
                }
            }
            (Err(said), None) => panic!("{}: {said}", case.name),
            (Ok(_), Some(_)) => panic!("{} must be refused", case.name),
            (Ok(answer), None) => {
                let Some(output) = &case.output else { continue };
                assert_eq!(answer.len(), output.len(), "{}", case.name);
                for (got, want) in answer.iter().zip(output) {
                    assert!((got - want).abs() < 2e-6, "{}: {got} for {want}", case.name);
                }
            }
        }
    }
}

/// A file cut or changed anywhere is refused or read; it never makes the reader panic or loop.
#[test]
fn damage_never_panics() {
    let scratch = tempfile::tempdir().unwrap();
    for name in [
        "proto4.pt",
        "flat_legacy.pt",
        "stepslice.pt",
        "kf16.npz",
        "f8.safetensors",
    ] {
        let bytes = std::fs::read(folder().join(name)).unwrap();
        let file = scratch.path().join(name);
        let mut state = 1_u64;
        for turn in 0..600 {
            let mut damaged = bytes.clone();
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(turn);
            let at = (state >> 33) as usize % damaged.len();
            match turn % 3 {
                0 => damaged.truncate(at),
                1 => damaged[at] ^= 1 << (state % 8),
                _ => damaged[at] = (state >> 20) as u8,
            }
            std::fs::write(&file, &damaged).unwrap();
            let _ = read(&file);
        }
    }
}

#[test]
fn numbers_of_64_bits_stay_as_they_are() {
    let scratch = tempfile::tempdir().unwrap();
    let mut first = read(&folder().join("f64.pt")).unwrap();
    // Tenths fit no f32.
    let all = first.values_mut().flat_map(|tensor| &mut tensor.values);
    all.for_each(|value| *value += 0.1);
    let wide = first.values().flat_map(|tensor| &tensor.values);
    assert!(wide.clone().any(|value| f64::from(*value as f32) != *value));
    for name in ["w.safetensors", "w.npz"] {
        let file = scratch.path().join(name);
        write(&file, &first).unwrap();
        assert_eq!(read(&file).unwrap(), first, "{name}");
    }
}
