//! PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`.
//!
//! PyTorch keeps the transposes of our weights, gates in our order, as `weight_ih_l0`, `weight_hh_l0`,
//! `bias_ih_l0`, `bias_hh_l0`, with `_reverse` behind the names of the other direction and
//! `weight_hr_l0` for a projection. Of its two biases only the sum counts, but for the candidate of a
//! GRU, where the second lies inside the reset gate.

use super::{NamedTensor, NamedTensors, Result, Source, WeightsError};
use super::{check_common, numbers, replaced, sizes, transposed};
use crate::{CellKind, Recurrent, Stack};

/// The stack with the weights of a PyTorch module whose parameters' names begin with `prefix`
/// (`"encoder.rnn."`, or nothing).
///
/// # Errors
/// When a tensor is missing or of another shape, when one under the prefix is left over, or when
/// PyTorch has no such cell.
pub fn load(mut stack: Stack, tensors: &NamedTensors, prefix: &str) -> Result<Stack> {
    check(&stack)?;
    let mut source = Source::new(tensors);
    for (layers, direction) in [(&mut stack.forward, ""), (&mut stack.backward, "_reverse")] {
        for (index, slot) in layers.iter_mut().enumerate() {
            let ending = format!("_l{index}{direction}");
            *slot = load_layer(slot.clone(), &mut source, prefix, &ending)?;
        }
    }
    source.finish(prefix)?;
    Ok(stack)
}

/// The parameters of a stack as PyTorch names them.
///
/// # Errors
/// When PyTorch has no such cell.
pub fn save(stack: &Stack, prefix: &str) -> Result<NamedTensors> {
    check(stack)?;
    let mut tensors = NamedTensors::new();
    for (layers, direction) in [(&stack.forward, ""), (&stack.backward, "_reverse")] {
        for (index, layer) in layers.iter().enumerate() {
            save_layer(
                layer,
                &mut tensors,
                prefix,
                &format!("_l{index}{direction}"),
            );
        }
    }
    Ok(tensors)
}

fn check(stack: &Stack) -> Result<()> {
    if stack.is_pyramid() || stack.is_residual() {
        return Err(WeightsError::Unsupported("pyramids and residual layers"));
    }
    for layer in stack.forward.iter().chain(&stack.backward) {
        check_common(layer)?;
        if layer.config().cell == CellKind::GruResetBefore {
            let what = "GRU with the reset before the product";
            return Err(WeightsError::Unsupported(what));
        }
    }
    Ok(())
}

fn load_layer(
    mut layer: Recurrent,
    source: &mut Source<'_>,
    prefix: &str,
    ending: &str,
) -> Result<Recurrent> {
    let [d_input, d_hidden, d_output, gates] = sizes(&layer);
    let columns = gates * d_hidden;
    let name = |what: &str| format!("{prefix}{what}{ending}");
    let weight = source.take(&name("weight_ih"), &[columns, d_input])?;
    layer.weight_input = replaced(layer.weight_input, transposed(weight, columns, d_input));
    let weight = source.take(&name("weight_hh"), &[columns, d_output])?;
    let weight = transposed(weight, columns, d_output);
    layer.weight_recurrent = replaced(layer.weight_recurrent, weight);
    if let Some(projection) = layer.weight_projection.take() {
        let weight = source.take(&name("weight_hr"), &[d_output, d_hidden])?;
        let weight = transposed(weight, d_output, d_hidden);
        layer.weight_projection = Some(replaced(projection, weight));
    }
    if let Some(bias) = layer.bias.take() {
        let input = source.take(&name("bias_ih"), &[columns])?;
        let recurrent = source.take(&name("bias_hh"), &[columns])?;
        let mut sum: Vec<f64> = input.iter().zip(recurrent).map(|(a, b)| a + b).collect();
        if let Some(candidate) = layer.bias_candidate.take() {
            sum[2 * d_hidden..].copy_from_slice(&input[2 * d_hidden..]);
            let recurrent = recurrent[2 * d_hidden..].to_vec();
            layer.bias_candidate = Some(replaced(candidate, recurrent));
        }
        layer.bias = Some(replaced(bias, sum));
    }
    Ok(layer)
}

fn save_layer(layer: &Recurrent, tensors: &mut NamedTensors, prefix: &str, ending: &str) {
    let [d_input, d_hidden, d_output, gates] = sizes(layer);
    let columns = gates * d_hidden;
    let mut put = |what: &str, shape: Vec<usize>, values: Vec<f64>| {
        tensors.insert(
            format!("{prefix}{what}{ending}"),
            NamedTensor::new(shape, values),
        );
    };
    let weight = transposed(&numbers(&layer.weight_input), d_input, columns);
    put("weight_ih", vec![columns, d_input], weight);
    let weight = transposed(&numbers(&layer.weight_recurrent), d_output, columns);
    put("weight_hh", vec![columns, d_output], weight);
    if let Some(projection) = &layer.weight_projection {
        let weight = transposed(&numbers(projection), d_hidden, d_output);
        put("weight_hr", vec![d_output, d_hidden], weight);
    }
    if let Some(bias) = &layer.bias {
        put("bias_ih", vec![columns], numbers(bias));
        let mut recurrent = vec![0.0; columns];
        if let Some(candidate) = &layer.bias_candidate {
            recurrent[2 * d_hidden..].copy_from_slice(&numbers(candidate));
        }
        put("bias_hh", vec![columns], recurrent);
    }
}
