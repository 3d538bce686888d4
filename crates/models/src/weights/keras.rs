//! Keras's `SimpleRNN`, `LSTM` and `GRU`, alone or in `Bidirectional`.
//!
//! Names are the `path` of Keras 3's variables, such as `lstm/lstm_cell/kernel` and
//! `bidirectional/forward_gru/gru_cell/bias`; write them with
//! `numpy.savez(file, **{w.path: w.numpy() for w in model.weights})`. Weights are not transposed. A
//! GRU's gates are `z, r, h` there, and with `reset_after=True` its bias has two rows.

use super::{NamedTensor, NamedTensors, Result, Source, WeightsError};
use super::{check_common, missing, numbers, reordered, replaced, sizes};
use crate::{CellKind, Recurrent, Stack};

/// Our gate at each of Keras's places; the same way back, since it swaps two.
const GRU_ORDER: [usize; 3] = [1, 0, 2];

/// The stack with the weights of Keras layers, given by the beginning of their names, one a layer
/// (`["model/lstm", "model/lstm_1"]`).
///
/// # Errors
/// When a tensor is missing or of another shape, when one of a layer is left over, or when Keras has
/// no such cell.
///
/// # Panics
/// When there is not one name a layer.
pub fn load(mut stack: Stack, tensors: &NamedTensors, layers: &[&str]) -> Result<Stack> {
    check(&stack, layers)?;
    let mut source = Source::new(tensors);
    let bidirectional = !stack.backward.is_empty();
    for (slots, forwards) in [(&mut stack.forward, true), (&mut stack.backward, false)] {
        for (slot, layer) in slots.iter_mut().zip(layers) {
            let folder = folder(tensors, layer, bidirectional, forwards)?;
            *slot = load_layer(slot.clone(), &mut source, &folder)?;
        }
    }
    for layer in layers {
        source.finish(&format!("{layer}/"))?;
    }
    Ok(stack)
}

/// The parameters of a stack as Keras names them.
///
/// # Errors
/// When Keras has no such cell.
///
/// # Panics
/// When there is not one name a layer.
pub fn save(stack: &Stack, layers: &[&str]) -> Result<NamedTensors> {
    check(stack, layers)?;
    let mut tensors = NamedTensors::new();
    let bidirectional = !stack.backward.is_empty();
    for (slots, direction) in [(&stack.forward, "forward"), (&stack.backward, "backward")] {
        for (layer, name) in slots.iter().zip(layers) {
            let cell = cell_name(layer);
            let folder = match bidirectional {
                true => format!("{name}/{direction}_{cell}/{cell}_cell"),
                false => format!("{name}/{cell}_cell"),
            };
            save_layer(layer, &mut tensors, &folder);
        }
    }
    Ok(tensors)
}

fn cell_name(layer: &Recurrent) -> &'static str {
    match layer.config().cell {
        CellKind::Elman | CellKind::ElmanRelu => "simple_rnn",
        CellKind::Gru | CellKind::GruResetBefore => "gru",
        _ => "lstm",
    }
}

fn check(stack: &Stack, layers: &[&str]) -> Result<()> {
    assert_eq!(layers.len(), stack.forward.len(), "one name a layer");
    if stack.is_pyramid() || stack.is_residual() {
        return Err(WeightsError::Unsupported("pyramids and residual layers"));
    }
    for layer in stack.forward.iter().chain(&stack.backward) {
        check_common(layer)?;
        if layer.weight_projection.is_some() {
            return Err(WeightsError::Unsupported("projection"));
        }
    }
    Ok(())
}

/// Where the parameters of a direction of a layer lie, what stands before `/kernel`, and what stands
/// behind every name: `:0` in Keras 2.
///
/// A layer may lie within a model: `lstm` is `sequential/lstm` where that is the only one.
fn folder(
    tensors: &NamedTensors,
    layer: &str,
    bidirectional: bool,
    forwards: bool,
) -> Result<(String, &'static str)> {
    let start = match (bidirectional, forwards) {
        (false, _) => format!("{layer}/"),
        (true, true) => format!("{layer}/forward_"),
        (true, false) => format!("{layer}/backward_"),
    };
    let folders = tensors.keys().filter_map(|name| {
        let plain = name.strip_suffix("/kernel").map(|folder| (folder, ""));
        plain.or_else(|| name.strip_suffix("/kernel:0").map(|folder| (folder, ":0")))
    });
    let folders: Vec<(&str, &str)> = folders.collect();
    let own = |(folder, _): &&(&str, &str)| {
        folder.starts_with(&start) || (!bidirectional && *folder == layer)
    };
    let start_within = format!("/{start}");
    let within: Vec<&(&str, &str)> = folders
        .iter()
        .filter(|(folder, _)| {
            folder.contains(&start_within)
                || (!bidirectional && folder.ends_with(&format!("/{layer}")))
        })
        .collect();
    let found = folders.iter().find(own).or(match within.as_slice() {
        [one] => Some(*one),
        _ => None,
    });
    match found {
        Some((folder, "")) => Ok(((*folder).to_owned(), "")),
        Some((folder, _)) => Ok(((*folder).to_owned(), ":0")),
        None => Err(missing(tensors, &format!("{start}…/kernel"))),
    }
}

fn is_gru(layer: &Recurrent) -> bool {
    matches!(
        layer.config().cell,
        CellKind::Gru | CellKind::GruResetBefore
    )
}

/// Columns in the order of the other library.
fn columns(layer: &Recurrent, values: &[f64]) -> Vec<f64> {
    match is_gru(layer) {
        true => reordered(values, layer.config().d_hidden, &GRU_ORDER),
        false => values.to_vec(),
    }
}

fn load_layer(
    mut layer: Recurrent,
    source: &mut Source<'_>,
    (folder, end): &(String, &str),
) -> Result<Recurrent> {
    let [d_input, d_hidden, _, gates] = sizes(&layer);
    let width = gates * d_hidden;
    let kernel = source.take(&format!("{folder}/kernel{end}"), &[d_input, width])?;
    let kernel = columns(&layer, kernel);
    let recurrent = source.take(
        &format!("{folder}/recurrent_kernel{end}"),
        &[d_hidden, width],
    )?;
    let recurrent = columns(&layer, recurrent);
    if let Some(bias) = layer.bias.take() {
        let name = format!("{folder}/bias{end}");
        let after = layer.config().cell == CellKind::Gru;
        let shape: &[usize] = if after { &[2, width] } else { &[width] };
        let values = columns(&layer, source.take(&name, shape)?);
        let mut ours = values[..width].to_vec();
        let mut candidate = vec![0.0; d_hidden];
        if after {
            let second = &values[width..];
            for (ours, second) in ours.iter_mut().zip(&second[..2 * d_hidden]) {
                *ours += second;
            }
            candidate.copy_from_slice(&second[2 * d_hidden..]);
        }
        if let Some(param) = layer.bias_candidate.take() {
            layer.bias_candidate = Some(replaced(param, candidate));
        }
        layer.bias = Some(replaced(bias, ours));
    }
    layer.weight_input = replaced(layer.weight_input, kernel);
    layer.weight_recurrent = replaced(layer.weight_recurrent, recurrent);
    Ok(layer)
}

fn save_layer(layer: &Recurrent, tensors: &mut NamedTensors, folder: &str) {
    let [d_input, d_hidden, _, gates] = sizes(layer);
    let width = gates * d_hidden;
    let mut put = |what: &str, shape: Vec<usize>, values: Vec<f64>| {
        let values = columns(layer, &values);
        tensors.insert(format!("{folder}/{what}"), NamedTensor::new(shape, values));
    };
    put("kernel", vec![d_input, width], numbers(&layer.weight_input));
    let recurrent = numbers(&layer.weight_recurrent);
    put("recurrent_kernel", vec![d_hidden, width], recurrent);
    let Some(bias) = &layer.bias else { return };
    let mut bias = numbers(bias);
    let candidate = layer.bias_candidate.as_ref().map(numbers);
    let candidate = candidate.unwrap_or_default();
    match layer.config().cell {
        CellKind::Gru => {
            bias.extend(std::iter::repeat_n(0.0, 2 * d_hidden));
            bias.extend(candidate);
            put("bias", vec![2, width], bias);
        }
        _ => {
            // With the reset before the product both biases of the candidate are simply added.
            for (bias, candidate) in bias.iter_mut().skip(2 * d_hidden).zip(candidate) {
                *bias += candidate;
            }
            put("bias", vec![width], bias);
        }
    }
}
