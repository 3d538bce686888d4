//! What stacks and dropouts add to a layer.

use crate::support::{Numbers, Setup, flex, parameters, tensor, values, with_parameters};
use burn::module::{Module, Param};
use burn::tensor::{Bool, Device, Distribution, Tensor, TensorData};
use rekindle_models::{
    CellKind, Lengths, Masks, Precision, Recurrent, RecurrentConfig, SpatialDropout, StackConfig,
    Stream, StreamError, Truncated, VariationalDropout, join_pairs,
};

fn numbers<const D: usize>(shape: [usize; D], seed: u64, setup: &Setup) -> Tensor<D> {
    let values = Numbers::new(seed).vector(shape.iter().product(), 1.0);
    tensor(&values, shape, setup)
}

fn input(shape: [usize; 3]) -> Tensor<3> {
    numbers(shape, 5, &flex())
}

fn tracked(shape: [usize; 3]) -> Tensor<3> {
    numbers(shape, 5, &flex().tracked())
}

fn near(got: &[f64], want: &[f64]) {
    crate::support::assert_close("values", got, want, 1e-6);
}

#[test]
fn pairs_are_joined_and_lengths_halved() {
    let input = tensor::<3>(&[1.0, 2.0, 3.0, 4.0, 5.0, 0.0], [2, 3, 1], &flex());
    let lengths = Lengths::new(vec![3, 2]).unwrap();
    let (joined, lengths) = join_pairs(input, Some(lengths));
    assert_eq!(joined.dims(), [2, 2, 2]);
    assert_eq!(values(joined), [1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 0.0, 0.0]);
    assert_eq!(lengths.unwrap().as_slice(), [2, 1]);
}

#[test]
fn a_pyramid_is_its_layers_on_joined_pairs() {
    let config = StackConfig::new(CellKind::Gru, 3, 4)
        .with_num_layers(3)
        .with_bidirectional(true)
        .with_pyramid(true);
    let stack = config.init(&Device::flex());
    let lengths = Lengths::new(vec![7, 4]).unwrap();
    let output = stack.forward(input([2, 7, 3]), None, Some(lengths.clone()));
    assert_eq!(output.hidden.dims(), [2, 2, 8]);
    assert_eq!(output.lengths.unwrap().as_slice(), [2, 1]);

    let (mut hidden, mut lengths) = (input([2, 7, 3]), Some(lengths));
    for layer in 0..3 {
        if layer > 0 {
            (hidden, lengths) = join_pairs(hidden, lengths);
        }
        let run = |layer: &rekindle_models::Recurrent| {
            layer.forward(hidden.clone(), None, lengths.clone()).hidden
        };
        hidden = Tensor::cat(
            vec![run(&stack.forward[layer]), run(&stack.backward[layer])],
            2,
        );
    }
    near(&values(output.hidden), &values(hidden));
}

#[test]
fn more_padding_changes_nothing_in_a_pyramid() {
    let config = StackConfig::new(CellKind::Lstm, 3, 4)
        .with_num_layers(2)
        .with_pyramid(true);
    let stack = config.init(&Device::flex());
    let run = |input: Tensor<3>| {
        let lengths = Lengths::new(vec![5, 3]).unwrap();
        values(stack.forward(input, None, Some(lengths)).last_hidden())
    };
    let tight = input([2, 5, 3]);
    let filler = Tensor::full([2, 4, 3], f64::NAN, &Device::flex());
    let loose = Tensor::cat(vec![tight.clone(), filler], 1);
    near(&run(loose), &run(tight));
}

#[test]
fn residual_layers_add_what_they_read() {
    let config = StackConfig::new(CellKind::Lstm, 4, 4).with_num_layers(2);
    let plain = config.init(&Device::flex());
    let mut residual = config.with_residual(true).init(&Device::flex());
    residual.forward = plain.forward.clone();
    let below = plain.forward[0]
        .forward(input([2, 5, 4]), None, None)
        .hidden;
    let want = plain.forward(input([2, 5, 4]), None, None).hidden + below;
    let got = residual.forward(input([2, 5, 4]), None, None).hidden;
    near(&values(got), &values(want));
}

#[test]
fn a_learned_state_is_the_state_that_is_given() {
    let config = RecurrentConfig::new(CellKind::Lstm, 3, 4).with_learned_initial(true);
    let mut layer = config.init(&Device::flex().autodiff());
    let state = |seed: u64| numbers([4], seed, &flex().tracked());
    layer.initial_hidden = Some(Param::from_tensor(state(1)));
    layer.initial_cell = Some(Param::from_tensor(state(2)));
    let output = layer.forward(tracked([2, 5, 3]), None, None);
    let rows = |row: Tensor<1>| row.unsqueeze::<2>().expand([2, 4]);
    let given = rekindle_models::State {
        hidden: rows(state(1)),
        cell: Some(rows(state(2))),
    };
    let want = layer.forward(tracked([2, 5, 3]), Some(given), None);
    near(&values(output.hidden.clone()), &values(want.hidden));
    let gradients = output.hidden.sum().backward();
    for param in [&layer.initial_hidden, &layer.initial_cell] {
        let gradient = param.as_ref().unwrap().val().grad(&gradients).unwrap();
        assert!(values(gradient).iter().all(|&x| x != 0.0));
    }
}

#[test]
fn a_variational_mask_is_scaled_and_for_training_alone() {
    let dropout = VariationalDropout::new(0.25);
    assert!(dropout.mask([4, 5], &Device::flex()).is_none());
    assert!(
        VariationalDropout::new(0.0)
            .mask([4, 5], &Device::flex().autodiff())
            .is_none()
    );
    let mask = values(
        dropout
            .mask([200, 100], &Device::flex().autodiff())
            .unwrap(),
    );
    let kept = mask.iter().filter(|&&x| x != 0.0).count() as f64 / mask.len() as f64;
    assert!((kept - 0.75).abs() < 0.02, "kept {kept}");
    assert!(
        mask.iter()
            .all(|&x| x == 0.0 || (x - 1.0 / 0.75).abs() < 1e-6)
    );
}

/// With one sequence, dropping rows of the hidden state is dropping rows of `U`.
#[test]
fn recurrent_dropout_keeps_one_mask_for_a_sequence() {
    for kind in CellKind::ALL {
        let config = RecurrentConfig::new(kind, 2, 3).with_recurrent_dropout(0.5);
        let layer = config.init(&Device::flex().autodiff());
        let mut possible = Vec::new();
        for mask in 0..8_u32 {
            let mut thinned = layer.clone().valid();
            let scale: Vec<f64> = (0..3)
                .map(|unit| f64::from(mask >> unit & 1) * 2.0)
                .collect();
            let weight = thinned.weight_recurrent.val() * tensor::<2>(&scale, [3, 1], &flex());
            thinned.weight_recurrent = Param::from_tensor(weight);
            possible.push(values(thinned.forward(input([1, 6, 2]), None, None).hidden));
        }
        for _ in 0..5 {
            let drawn = values(layer.forward(tracked([1, 6, 2]), None, None).hidden);
            let same = |want: &Vec<f64>| drawn.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(possible.iter().any(same), "{kind:?}: more than one mask");
        }
    }
}

/// Masks of each gate are drawn apart, where that is asked for, and a layer uses those it draws.
#[test]
fn every_gate_has_masks_of_its_own() {
    let device = Device::flex().autodiff();
    for kind in CellKind::ALL {
        for by_gate in [false, true] {
            let config = RecurrentConfig::new(kind, 30, 40)
                .with_recurrent_dropout(0.5)
                .with_input_dropout(0.2)
                .with_gate_masks(by_gate);
            let layer = config.init(&device);
            device.seed(5);
            let masks = layer.draw_masks(2, &device);
            let gates = if by_gate {
                kind.gates(&config.options)
            } else {
                1
            };
            let (read, state) = (
                masks.input.clone().unwrap(),
                masks.recurrent.clone().unwrap(),
            );
            assert_eq!(
                [read.dims(), state.dims()],
                [[2, gates * 30], [2, gates * 40]]
            );
            let all = values(state);
            let drawn: Vec<&[f64]> = all.chunks(40).collect();
            for (at, mask) in drawn.iter().enumerate() {
                assert!(!drawn[..at].contains(mask), "{kind:?}: one mask twice");
            }
            let hidden = |masks| {
                let output = match masks {
                    Some(masks) => layer.forward_masked(tracked([2, 3, 30]), None, None, masks),
                    None => layer.forward(tracked([2, 3, 30]), None, None),
                };
                values(output.hidden)
            };
            device.seed(5);
            let drawn = hidden(None);
            assert_eq!(drawn, hidden(Some(masks)), "{kind:?}");
            assert_ne!(drawn, hidden(Some(Masks::default())), "{kind:?}");
        }
        let layer = RecurrentConfig::new(kind, 3, 4).with_input_dropout(0.5);
        let masks = layer.init(&device).draw_masks(2, &Device::flex());
        assert!(masks.input.is_none() && masks.recurrent.is_none());
    }
}

/// `U` of all gates is one matrix with orthonormal rows; gate by gate, each gate has such a matrix.
#[test]
fn joint_weights_are_drawn_as_one_matrix() {
    for kind in CellKind::ALL {
        let config = RecurrentConfig::new(kind, 6, 10);
        let gates = kind.gates(&config.options) as f64;
        for (joint, size) in [(false, gates), (true, 1.0)] {
            let layer = config
                .clone()
                .with_joint_weights(joint)
                .init(&Device::flex());
            let weight = layer.weight_recurrent.val();
            let squares = values(weight.clone().matmul(weight.transpose()));
            let diagonal = squares.iter().step_by(11);
            assert!(
                diagonal.clone().all(|x| (x - size).abs() < 1e-4),
                "{kind:?}, {joint}"
            );
            let columns = if joint { 10.0 * gates } else { 10.0 };
            let bound = (6.0 / (6.0 + columns)).sqrt() + 1e-6;
            let largest = values(layer.weight_input.val())
                .iter()
                .fold(0.0_f64, |a, x| a.max(x.abs()));
            assert!(
                (0.8 * bound..bound).contains(&largest),
                "{kind:?}, {joint}: {largest}"
            );
        }
    }
}

#[test]
fn spatial_dropout_drops_whole_features() {
    let dropout = SpatialDropout::new(0.5);
    let ones = Tensor::<3>::ones([8, 6, 32], &Device::flex());
    assert_eq!(values(dropout.forward(ones.clone())), values(ones.clone()));
    let dropped = values(dropout.forward(ones.autodiff()));
    let mut zeros = 0;
    for row in dropped.chunks(6 * 32) {
        for feature in 0..32 {
            let first = row[feature];
            assert!(first == 0.0 || first == 2.0);
            assert!((0..6).all(|step| row[step * 32 + feature] == first));
            zeros += usize::from(first == 0.0);
        }
    }
    assert!((80..176).contains(&zeros), "{zeros} of 256 dropped");
}

#[test]
fn zoneout_keeps_values_and_is_its_expectation_outside_training() {
    let layer = |zoneout| {
        let config = RecurrentConfig::new(CellKind::Elman, 2, 40).with_zoneout((zoneout, 0.0));
        config.init(&Device::flex().autodiff())
    };
    // Everything is kept: the state never leaves zero.
    let frozen = layer(1.0).forward(tracked([3, 4, 2]), None, None);
    assert!(values(frozen.hidden).iter().all(|&x| x == 0.0));

    let layer = layer(0.3);
    let hidden = values(layer.forward(tracked([64, 3, 2]), None, None).hidden);
    let second = hidden.chunks(40).skip(1).step_by(3).flatten();
    let first = hidden.chunks(40).step_by(3).flatten();
    let kept = second.zip(first).filter(|(b, a)| a == b).count() as f64 / (64.0 * 40.0);
    assert!((kept - 0.3).abs() < 0.04, "kept {kept}");

    let plain = layer.clone().valid();
    let got = values(plain.forward(input([2, 1, 2]), None, None).hidden);
    let mut without = RecurrentConfig::new(CellKind::Elman, 2, 40).init(&Device::flex());
    without.weight_input = plain.weight_input.clone();
    without.weight_recurrent = plain.weight_recurrent.clone();
    let want = values(without.forward(input([2, 1, 2]), None, None).hidden * 0.7);
    near(&got, &want);
}

#[test]
fn truncation_changes_gradients_and_nothing_else() {
    let config = StackConfig::new(CellKind::Lstm, 3, 4).with_num_layers(2);
    let stack = config.init(&Device::flex().autodiff());
    let whole = stack.forward(tracked([2, 7, 3]), None, None);
    let steps = tracked([2, 7, 3]).require_grad();
    let mut chunks = Truncated::new(steps.clone(), None, None, 3);
    let mut outputs = Vec::new();
    while let Some(output) = chunks.next(&stack) {
        outputs.push(output.hidden);
    }
    assert_eq!(
        outputs.iter().map(|o| o.dims()[1]).collect::<Vec<_>>(),
        [3, 3, 1]
    );
    near(
        &values(Tensor::cat(outputs.clone(), 1)),
        &values(whole.hidden),
    );
    let last = &whole.last[1].hidden;
    near(
        &values(chunks.state().unwrap()[1].hidden.clone()),
        &values(last.clone()),
    );
    let gradients = outputs[1].clone().sum().backward();
    let gradient = values(steps.grad(&gradients).unwrap());
    for row in gradient.chunks(7 * 3) {
        assert!(row[..9].iter().all(|&x| x == 0.0), "before the chunk");
        assert!(row[9..18].iter().all(|&x| x != 0.0), "in the chunk");
    }
}

#[test]
fn a_truncated_sequence_that_has_ended_keeps_its_state() {
    let config = StackConfig::new(CellKind::Lstm, 3, 4).with_num_layers(2);
    let stack = config.init(&Device::flex().autodiff());
    let lengths = Lengths::new(vec![7, 2, 3, 5]).unwrap();
    let whole = stack.forward(tracked([4, 7, 3]), None, Some(lengths.clone()));
    // What lies behind a sequence's end must not be read, not even to be multiplied by zero.
    let mut behind = vec![false; 4 * 7 * 3];
    for (row, &length) in lengths.as_slice().iter().enumerate() {
        behind[row * 21 + length * 3..(row + 1) * 21].fill(true);
    }
    let behind = TensorData::new(behind, [4, 7, 3]);
    let behind = Tensor::<3, Bool>::from_data(behind, &Device::flex().autodiff());
    let steps = tracked([4, 7, 3])
        .mask_fill(behind, f32::NAN)
        .require_grad();
    let mut chunks = Truncated::new(steps.clone(), None, Some(lengths), 3);
    let mut outputs = Vec::new();
    while let Some(output) = chunks.next(&stack) {
        outputs.push(output.hidden);
    }
    let joined = Tensor::cat(outputs, 1);
    near(&values(joined.clone()), &values(whole.hidden));
    for (got, want) in chunks.state().unwrap().iter().zip(&whole.last) {
        near(&values(got.hidden.clone()), &values(want.hidden.clone()));
        let (got, want) = (got.cell.clone().unwrap(), want.cell.clone().unwrap());
        near(&values(got), &values(want));
    }
    let gradients = joined.sum().backward();
    let gradient = values(steps.grad(&gradients).unwrap());
    for (row, length) in gradient.chunks(21).zip([7, 2, 3, 5]) {
        assert!(row[..length * 3].iter().all(|&x| x != 0.0 && x.is_finite()));
        assert!(row[length * 3..].iter().all(|&x| x == 0.0));
    }
}

#[test]
fn a_stream_is_the_stack_and_refuses_what_it_cannot_run() {
    let device = Device::flex();
    let config = StackConfig::new(CellKind::LstmPeephole, 3, 20).with_num_layers(2);
    let stack = config.init(&device);
    let stream = Stream::new(&stack).unwrap();
    let mut state = stream.state();
    let input = Tensor::<3>::random([1, 6, 3], Distribution::Default, &device);
    let want = values(stack.forward(input.clone(), None, None).hidden);
    let steps: Vec<f32> = input.into_data().try_to_vec().unwrap();
    for (step, want) in steps.chunks(3).zip(want.chunks(20)) {
        let got: Vec<f64> = stream
            .step(step, &mut state)
            .iter()
            .map(|&x| x.into())
            .collect();
        near(&got, want);
    }
    let refused = |config: StackConfig| Stream::new(&config.init(&device)).err();
    let config = StackConfig::new(CellKind::Gru, 3, 4);
    let both = config.clone().with_bidirectional(true);
    assert_eq!(refused(both), Some(StreamError::NeedsLaterSteps));
    assert_eq!(
        refused(config.with_residual(true)),
        Some(StreamError::Residual)
    );
    let before = StackConfig::new(CellKind::GruResetBefore, 3, 4);
    assert_eq!(refused(before), Some(StreamError::Cell));
}

/// What a layer with these weights gives in a precision, and the gradients of its weights.
fn run_in(
    layer: &Recurrent,
    input: &Tensor<3>,
    precision: Precision,
    training: bool,
) -> Vec<Vec<f32>> {
    let config = layer.config().clone().with_precision(precision);
    let layer = config
        .init(&input.device())
        .load_record(layer.clone().into_record());
    let lengths = Lengths::new(vec![7, 1, 4, 6]).unwrap();
    let read = |tensor: Tensor<3>| {
        let data = tensor.into_data();
        assert_eq!(data.dtype(), burn::tensor::DType::F32);
        data.try_to_vec::<f32>().unwrap()
    };
    if !training {
        let output = layer
            .valid()
            .forward(input.clone().inner(), None, Some(lengths));
        return vec![read(output.hidden)];
    }
    let output = layer.forward(input.clone(), None, Some(lengths)).hidden;
    let gradients = output.clone().powi_scalar(2).sum().backward();
    let gradient = |weight: &Tensor<2>| read(weight.grad(&gradients).unwrap().unsqueeze());
    vec![
        read(output.inner()),
        gradient(&layer.weight_input.val()),
        gradient(&layer.weight_recurrent.val()),
    ]
}

#[test]
fn half_precision_is_for_training_alone() {
    let setup = flex().tracked();
    let layer = RecurrentConfig::new(CellKind::LstmPeephole, 5, 6).init(&setup.device);
    let mut drawn = Numbers::new(1);
    let weights: Vec<_> = parameters(&layer)
        .iter()
        .map(|(_, old)| drawn.vector(old.len(), 0.4))
        .collect();
    let layer = with_parameters(layer, &weights, &setup);
    let input = numbers([4, 7, 5], 2, &setup).mul_scalar(1.7);
    let run_in = |precision, training| run_in(&layer, &input, precision, training);
    for (precision, tolerance) in [(Precision::F16, 2e-3), (Precision::Bf16, 2e-2)] {
        assert_eq!(run_in(precision, false), run_in(Precision::F32, false));
        let (half, single) = (run_in(precision, true), run_in(Precision::F32, true));
        assert_ne!(half, single);
        for (half, single) in half.iter().zip(&single) {
            let largest = single.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
            for (half, single) in half.iter().zip(single) {
                let error = (half - single).abs() / largest;
                assert!(error < tolerance, "{precision:?}: {half}, not {single}");
            }
        }
    }
}
