//! PyTorch's encoder-decoders, written by `scripts/golden/seq2seq.py`.

use super::{Setup, assert_close, gradients, parameters, values, with_parameters};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rekindle_models::{
    CellKind, CrossEntropy, Decoded, DecoderState, Lengths, Score, Seq2Seq, Seq2SeqConfig, Source,
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub struct File {
    pub sources: Vec<Vec<u32>>,
    pub targets: Vec<Vec<u32>>,
    pub vocabulary: usize,
    pub d_embedding: usize,
    pub d_hidden: usize,
    pub smoothing: f64,
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Case {
    pub attention: Option<Score>,
    pub cell: CellKind,
    pub decoder_layers: usize,
    pub input_feeding: bool,
    pub coverage: bool,
    pub tied: bool,
    pub features: Array,
    pub weights: Option<Array>,
    pub loss: f64,
    pub parameters: BTreeMap<String, Array>,
    pub gradients: BTreeMap<String, Array>,
}

impl File {
    /// Reads the file.
    pub fn read() -> Self {
        let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let text = std::fs::read_to_string(format!("{package}/tests/golden/seq2seq.json"));
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    /// The network of a case, with PyTorch's parameters.
    pub fn network(&self, case: &Case, setup: &Setup) -> Seq2Seq {
        let network = Seq2SeqConfig::new(self.vocabulary, self.d_embedding, self.d_hidden)
            .with_cell(case.cell)
            .with_decoder_layers(case.decoder_layers)
            .with_attention(case.attention)
            .with_input_feeding(case.input_feeding)
            .with_coverage(case.coverage)
            .with_tied(case.tied)
            .init(&setup.device);
        let known = parameters(&network);
        assert_eq!(known.len(), case.parameters.len(), "{}", case.name());
        let theirs = known
            .iter()
            .map(|(path, _)| case.parameters[path].data.clone());
        with_parameters(network, &theirs.collect::<Vec<_>>(), setup)
    }
}

impl Case {
    /// What it is, in words.
    pub fn name(&self) -> String {
        let Self {
            attention, cell, ..
        } = self;
        let (feeding, layers) = (self.input_feeding, self.decoder_layers);
        format!("{attention:?}, {cell:?}, {layers} layers, feeding {feeding}")
    }
}

/// Rows padded with zeros, and their lengths.
pub fn tokens(rows: &[Vec<u32>], steps: usize, device: &Device) -> (Tensor<2, Int>, Lengths) {
    let mut numbers = vec![0; rows.len() * steps];
    for (row, numbers) in rows.iter().zip(numbers.chunks_mut(steps)) {
        numbers
            .iter_mut()
            .zip(row)
            .for_each(|(to, &token)| *to = token as i32);
    }
    let data = TensorData::new(numbers, [rows.len(), steps]);
    let lengths = Lengths::new(rows.iter().map(Vec::len).collect()).unwrap();
    (Tensor::from_data(data, device), lengths)
}

/// The longest row.
pub fn longest(rows: &[Vec<u32>]) -> usize {
    rows.iter().map(Vec::len).max().unwrap()
}

/// What is read before each step.
pub fn before(targets: &[Vec<u32>]) -> Vec<Vec<u32>> {
    targets
        .iter()
        .map(|row| [&[1], row.as_slice()].concat())
        .collect()
}

/// Where a network is.
pub fn device(network: &Seq2Seq) -> Device {
    network.bias.val().device()
}

/// Reads the sources, padded to `steps`.
pub fn encode(network: &Seq2Seq, sources: &[Vec<u32>], steps: usize) -> (Source, DecoderState) {
    let (numbers, lengths) = tokens(sources, steps, &device(network));
    network.encode(numbers, Some(lengths))
}

/// Teacher forcing, with sources and targets padded to these numbers of steps.
pub fn forced(
    network: &Seq2Seq,
    (sources, read): (&[Vec<u32>], usize),
    (targets, written): (&[Vec<u32>], usize),
) -> Decoded {
    let (source, state) = encode(network, sources, read);
    let read = tokens(&before(targets), written, &device(network)).0;
    network.decode(read, &source, state)
}

/// The loss of what [`forced`] gave.
pub fn loss(
    network: &Seq2Seq,
    decoded: Decoded,
    targets: &[Vec<u32>],
    smoothing: f64,
) -> Tensor<1> {
    let [_, steps, _] = decoded.features.dims();
    let after = targets.iter().flat_map(|row| {
        let row = row.iter().map(|&token| token as usize).chain([2]);
        row.chain(std::iter::repeat(0))
            .take(steps)
            .collect::<Vec<_>>()
    });
    let call = CrossEntropy {
        smoothing,
        ignore: 0,
    };
    network.loss(decoded.features, &after.collect::<Vec<_>>(), &call)
}

/// Compares features, weights, loss and all gradients of every case.
pub fn check(setup: &Setup, tolerance: f64) {
    let setup = setup.tracked();
    let file = File::read();
    assert!(!file.cases.is_empty());
    for case in &file.cases {
        let network = file.network(case, &setup);
        let (read, written) = (longest(&file.sources), longest(&file.targets) + 1);
        let decoded = forced(&network, (&file.sources, read), (&file.targets, written));
        let name = case.name();
        let of = |what: &str| format!("{name}: {what}");
        let features = values(decoded.features.clone());
        assert_close(&of("features"), &features, &case.features.data, tolerance);
        match (&case.weights, decoded.weights.clone()) {
            (Some(want), Some(got)) => {
                assert_eq!(got.dims().to_vec(), want.shape);
                assert_close(&of("weights"), &values(got), &want.data, tolerance);
            }
            (None, None) => {}
            _ => panic!("{name}: weights on one side alone"),
        }
        let loss = loss(&network, decoded, &file.targets, file.smoothing);
        assert_close(&of("loss"), &values(loss.clone()), &[case.loss], tolerance);
        for (path, got) in gradients(&network, &loss.backward()) {
            assert_close(&of(&path), &got, &case.gradients[&path].data, tolerance);
        }
    }
}

/// A row of a tensor `[rows, steps, d]`, as far as its first `steps`.
pub fn row(tensor: &Tensor<3>, row: usize, steps: usize) -> Vec<f64> {
    values(tensor.clone().narrow(0, row, 1).narrow(1, 0, steps))
}
