//! PyTorch's values, written by `scripts/golden/recurrent.py`.

use super::{Setup, assert_close, parts, tensor, values};
use burn::module::Param;
use burn::tensor::{Gradients, Tensor};
use rekindle_models::{CellKind, CellOptions, Lengths, Recurrent, Stack, StackConfig, State};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Array {
    shape: Vec<usize>,
    data: Vec<f64>,
}

/// What a cell of `scripts/golden/variants.py` is beside its family.
#[derive(Deserialize, Default)]
struct Options {
    peephole: Option<String>,
    coupled: bool,
    clip: Option<f64>,
    d_projection: Option<usize>,
    before: bool,
    mirrored: bool,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    cell: String,
    nonlinearity: Option<String>,
    #[serde(default)]
    options: Options,
    num_layers: usize,
    bidirectional: bool,
    d_input: usize,
    d_hidden: usize,
    lengths: Option<Vec<usize>>,
    weights: BTreeMap<String, Array>,
    input: Array,
    h0: Option<Array>,
    c0: Option<Array>,
    output: Array,
    h_n: Array,
    c_n: Option<Array>,
    grad_output: Array,
    grad_h_n: Array,
    grad_c_n: Option<Array>,
    grads: BTreeMap<String, Array>,
}

/// Compares every case of `tests/golden/<file>.json`: outputs, last states, all gradients.
pub fn check(file: &str, setup: &Setup, tolerance: f64) {
    // Cargo says where the package lies; so does a script that runs the tests elsewhere.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let path = format!("{package}/tests/golden/{file}.json");
    let text = std::fs::read_to_string(path).unwrap();
    let file: File = serde_json::from_str(&text).unwrap();
    assert!(!file.cases.is_empty());
    for case in &file.cases {
        case.check(&setup.tracked(), tolerance);
    }
}

impl Array {
    fn tensor<const D: usize>(&self, setup: &Setup) -> Tensor<D> {
        tensor(&self.data, self.shape.clone().try_into().unwrap(), setup)
    }

    /// One matrix of `[layers * directions, batch_size, d_hidden]`.
    fn state(&self, index: usize, setup: &Setup) -> Tensor<2> {
        let shape = [self.shape[1], self.shape[2]];
        tensor(self.state_data(index), shape, setup)
    }

    fn state_data(&self, index: usize) -> &[f64] {
        let size = self.shape[1] * self.shape[2];
        &self.data[index * size..][..size]
    }

    /// PyTorch keeps weights as `[gates * d_hidden, d]`, a layer here as `[d, gates * d_hidden]`.
    fn transposed(&self) -> (Vec<f64>, [usize; 2]) {
        let (rows, columns) = (self.shape[0], self.shape[1]);
        let data = (0..columns)
            .flat_map(|column| (0..rows).map(move |row| self.data[row * columns + column]))
            .collect();
        (data, [columns, rows])
    }
}

impl Case {
    fn kind(&self) -> CellKind {
        let cell = (self.cell.as_str(), self.nonlinearity.as_deref());
        match (cell, self.options.peephole.as_deref(), self.options.before) {
            (("lstm", None), None, _) => CellKind::Lstm,
            (("lstm", None), Some("diagonal"), _) => CellKind::LstmPeephole,
            (("lstm", None), Some("full"), _) => CellKind::LstmPeepholeFull,
            (("gru", None), _, false) => CellKind::Gru,
            (("gru", None), _, true) => CellKind::GruResetBefore,
            (("elman", Some("tanh")), ..) => CellKind::Elman,
            (("elman", Some("relu")), ..) => CellKind::ElmanRelu,
            other => panic!("{}: no cell {other:?}", self.name),
        }
    }

    fn options(&self) -> CellOptions {
        CellOptions {
            coupled: self.options.coupled,
            clip: self.options.clip,
            d_projection: self.options.d_projection,
            mirrored: self.options.mirrored,
        }
    }

    /// PyTorch's ending of each layer's names, in the order of its states.
    fn endings(&self) -> Vec<String> {
        let directions: &[&str] = if self.bidirectional {
            &["", "_reverse"]
        } else {
            &[""]
        };
        (0..self.num_layers)
            .flat_map(|layer| directions.iter().map(move |end| format!("_l{layer}{end}")))
            .collect()
    }

    /// What PyTorch's two biases are here: `b` and the bias of the GRU's candidate.
    fn biases(&self, ending: &str) -> (Vec<f64>, Option<Vec<f64>>) {
        let input = &self.weights[&format!("bias_ih{ending}")].data;
        let recurrent = &self.weights[&format!("bias_hh{ending}")].data;
        let mut bias: Vec<f64> = input.iter().zip(recurrent).map(|(a, b)| a + b).collect();
        if self.cell != "gru" {
            return (bias, None);
        }
        let candidate = 2 * self.d_hidden..3 * self.d_hidden;
        bias[candidate.clone()].copy_from_slice(&input[candidate.clone()]);
        (bias, Some(recurrent[candidate].to_vec()))
    }

    fn network(&self, setup: &Setup) -> Stack {
        let mut network = StackConfig::new(self.kind(), self.d_input, self.d_hidden)
            .with_options(self.options())
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .init(&setup.device);
        let vector = |data: &Vec<f64>| Param::from_tensor(tensor(data, [data.len()], setup));
        for (layer, ending) in layers_mut(&mut network).into_iter().zip(self.endings()) {
            let weight = |name: &str| {
                let (data, shape) = self.weights[&format!("{name}{ending}")].transposed();
                Param::from_tensor(tensor(&data, shape, setup))
            };
            let (bias, candidate) = self.biases(&ending);
            assert_eq!(
                layer.bias_candidate.is_some(),
                candidate.is_some(),
                "{}",
                self.name
            );
            layer.weight_input = weight("weight_ih");
            layer.weight_recurrent = weight("weight_hh");
            layer.bias = Some(vector(&bias));
            layer.bias_candidate = candidate.as_ref().map(vector);
            let plain = self.weights.get(&format!("weight_peephole{ending}"));
            layer.weight_peephole = plain.map(|array| Param::from_tensor(array.tensor(setup)));
            layer.weight_projection = self.options.d_projection.map(|_| weight("weight_hr"));
        }
        network
    }

    fn initial(&self, setup: &Setup) -> Option<Vec<State>> {
        let hidden = self.h0.as_ref()?;
        let state = |index: usize| State {
            hidden: hidden.state(index, setup).require_grad(),
            cell: self
                .c0
                .as_ref()
                .map(|cell| cell.state(index, setup).require_grad()),
        };
        Some((0..hidden.shape[0]).map(state).collect())
    }

    fn check(&self, setup: &Setup, tolerance: f64) {
        let close = |what: &str, got: Vec<f64>, want: &[f64]| {
            assert_close(&format!("{}: {what}", self.name), &got, want, tolerance);
        };
        let mut network = self.network(setup);
        let input = self.input.tensor::<3>(setup).require_grad();
        let initial = self.initial(setup);
        let lengths = self
            .lengths
            .clone()
            .map(|lengths| Lengths::new(lengths).unwrap());
        let output = network.forward(input.clone(), initial.clone(), lengths);

        close("output", values(output.hidden.clone()), &self.output.data);
        let mut loss = (output.hidden * self.grad_output.tensor(setup)).sum();
        for (index, state) in output.last.into_iter().enumerate() {
            close(
                "h_n",
                values(state.hidden.clone()),
                self.h_n.state_data(index),
            );
            loss = loss + (state.hidden * self.grad_h_n.state(index, setup)).sum();
            assert_eq!(state.cell.is_some(), self.c_n.is_some(), "{}", self.name);
            if let (Some(cell), Some(want), Some(grad)) = (state.cell, &self.c_n, &self.grad_c_n) {
                close("c_n", values(cell.clone()), want.state_data(index));
                loss = loss + (cell * grad.state(index, setup)).sum();
            }
        }

        let grads = loss.backward();
        close(
            "gradient of input",
            values(input.grad(&grads).unwrap()),
            &self.grads["input"].data,
        );
        for (index, state) in initial.iter().flatten().enumerate() {
            for (name, part) in ["h0", "c0"].iter().zip(parts(std::slice::from_ref(state))) {
                let got = values(part.grad(&grads).unwrap());
                close(
                    &format!("gradient of {name}"),
                    got,
                    self.grads[*name].state_data(index),
                );
            }
        }
        for (layer, ending) in layers_mut(&mut network).into_iter().zip(self.endings()) {
            self.check_gradients(layer, &ending, &grads, &close);
        }
    }

    fn check_gradients(
        &self,
        layer: &Recurrent,
        ending: &str,
        grads: &Gradients,
        close: &impl Fn(&str, Vec<f64>, &[f64]),
    ) {
        let check = |name: &str, got: Vec<f64>, want: &[f64]| {
            close(&format!("gradient of {name}{ending}"), got, want);
        };
        let want = |name: &str| &self.grads[&format!("{name}{ending}")];
        let weight = |param: &Param<Tensor<2>>| values(param.val().grad(grads).unwrap());
        let bias = |param: &Option<Param<Tensor<1>>>| {
            param
                .as_ref()
                .map(|bias| values(bias.val().grad(grads).unwrap()))
        };
        check(
            "weight_ih",
            weight(&layer.weight_input),
            &want("weight_ih").transposed().0,
        );
        check(
            "weight_hh",
            weight(&layer.weight_recurrent),
            &want("weight_hh").transposed().0,
        );
        let input = bias(&layer.bias).unwrap();
        // The candidate's part of the recurrent bias is a parameter of its own.
        let mut recurrent = input.clone();
        if let Some(candidate) = bias(&layer.bias_candidate) {
            recurrent.truncate(2 * self.d_hidden);
            recurrent.extend(candidate);
        }
        if let Some(peephole) = &layer.weight_peephole {
            let name = "weight_peephole";
            check(name, weight(peephole), &want(name).data);
        }
        if let Some(projection) = &layer.weight_projection {
            let name = "weight_hr";
            check(name, weight(projection), &want(name).transposed().0);
        }
        check("bias_ih", input, &want("bias_ih").data);
        check("bias_hh", recurrent, &want("bias_hh").data);
    }
}

/// The layers in the order of PyTorch's names and states.
fn layers_mut(network: &mut Stack) -> Vec<&mut Recurrent> {
    let mut backward = network.backward.iter_mut();
    let mut layers = Vec::new();
    for layer in &mut network.forward {
        layers.push(layer);
        layers.extend(backward.next());
    }
    layers
}
