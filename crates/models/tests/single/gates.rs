//! The gates' activations, against the states they lead to.

use crate::support::{assert_close, flex, tensor, values};
use rekindle_models::{CellKind, CellOptions, RecurrentConfig};

#[test]
fn gates_lead_to_the_states_the_layer_gives() {
    let device = flex().device;
    let input = tensor::<3>(
        &[0.3, -0.8, 1.0, 0.2, -0.5, 0.9, 0.0, 0.4],
        [1, 4, 2],
        &flex(),
    );
    for cell in [
        CellKind::Elman,
        CellKind::Lstm,
        CellKind::LstmPeephole,
        CellKind::Gru,
    ] {
        let mut layer = RecurrentConfig::new(cell, 2, 3)
            .with_learned_initial(true)
            .init(&device);
        if let Some(weight) = layer.weight_peephole.take() {
            layer.weight_peephole = Some(weight.map(|zeros| zeros + 0.7));
        }
        layer.initial_hidden = layer.initial_hidden.map(|p| p.map(|zeros| zeros + 0.2));
        layer.initial_cell = layer.initial_cell.map(|p| p.map(|zeros| zeros - 0.4));
        let traces = layer.gates(input.clone()).expect("a plain cell");
        let of = |name: &str| -> Vec<f64> {
            let found = traces.iter().find(|trace| trace.name == name);
            let values = &found.expect("it is there").values;
            values.iter().map(|&value| f64::from(value)).collect()
        };
        let hidden = values(layer.forward(input.clone(), None, None).hidden);
        assert_close("hidden", &of("hidden"), &hidden, 1e-6);
        let led: Vec<f64> = match cell {
            CellKind::Elman => hidden.clone(),
            CellKind::Gru => {
                let before = [&[0.2; 3], &hidden[..9]].concat();
                let (z, n) = (of("update"), of("candidate"));
                (0..12)
                    .map(|at| z[at] * before[at] + (1.0 - z[at]) * n[at])
                    .collect()
            }
            _ => {
                let (o, c) = (of("output"), of("cell"));
                (0..12).map(|at| o[at] * c[at].tanh()).collect()
            }
        };
        assert_close(&format!("{cell:?}"), &led, &hidden, 1e-5);
    }
}

#[test]
fn gates_that_keep_start_ready_for_the_span() {
    let device = flex().device;
    let longest = 599_f64.ln();
    let biases = |cell: CellKind, options: CellOptions| -> Vec<Vec<f64>> {
        let layer = RecurrentConfig::new(cell, 2, 64)
            .with_options(options)
            .with_span(Some(600))
            .init(&device);
        let bias = values(layer.bias.expect("there are biases").val());
        bias.chunks(64).map(<[f64]>::to_vec).collect()
    };
    let is_span = |gate: &[f64], sign: f64| {
        let within = gate.iter().all(|b| (0.0..=longest).contains(&(b * sign)));
        // Uniform before the logarithm: its mean is near the top.
        let mean = gate.iter().sum::<f64>() / 64.0 * sign;
        within && (longest - 1.6..longest - 0.6).contains(&mean)
    };
    let is_zero = |gate: &[f64]| gate.iter().all(|&b| b == 0.0);
    let plain = CellOptions::default();
    for cell in [CellKind::Lstm, CellKind::LstmPeephole] {
        let gates = biases(cell, plain);
        assert!(is_span(&gates[0], -1.0) && is_span(&gates[1], 1.0));
        let opposite = gates[0].iter().zip(&gates[1]).all(|(i, f)| i == &-f);
        assert!(opposite && is_zero(&gates[2]) && is_zero(&gates[3]));
    }
    let coupled = CellOptions {
        coupled: true,
        ..plain
    };
    let gates = biases(CellKind::Lstm, coupled);
    assert!(is_span(&gates[0], 1.0) && is_zero(&gates[1]) && is_zero(&gates[2]));
    for (mirrored, sign) in [(false, 1.0), (true, -1.0)] {
        let options = CellOptions { mirrored, ..plain };
        let gates = biases(CellKind::Gru, options);
        assert!(is_zero(&gates[0]) && is_span(&gates[1], sign) && is_zero(&gates[2]));
    }
    assert!(is_zero(&biases(CellKind::Elman, plain)[0]));
}
