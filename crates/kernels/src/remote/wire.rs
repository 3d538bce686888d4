//! What goes over the wire for a sequence: its tensors in order, and a list of numbers.

use crate::Lengths;
use crate::call::{CallTensors, KernelCell, SequenceCall};
use burn::backend::ir::ScalarIr;

/// The forward pass. A worker of another version knows no operation of this name.
pub(super) const FORWARD: &str = concat!("rekindle::sequence ", env!("CARGO_PKG_VERSION"));
/// The backward pass.
pub(super) const BACKWARD: &str = concat!("rekindle::gradient ", env!("CARGO_PKG_VERSION"));

/// Which of the tensors that a sequence may lack there are, in the order of [`CallTensors`].
pub(super) type Optional = [bool; 6];
/// Gradients that came in, of [`crate::call::CallUpstream`], and whether that of the input is wanted.
pub(super) type Asked = [bool; 4];

/// The places of these numbers are [`read`]'s.
const NUMBERS: usize = 4 + 6 + 4;

/// The cells by number.
const CELLS: [KernelCell; 6] = [
    KernelCell::Elman { relu: false },
    KernelCell::Elman { relu: true },
    KernelCell::Gru { mirror: false },
    KernelCell::Gru { mirror: true },
    KernelCell::Lstm {
        peephole: false,
        clip: None,
    },
    KernelCell::Lstm {
        peephole: true,
        clip: None,
    },
];

/// Which optional tensors there are.
pub(super) fn optional<T>(tensors: &CallTensors<T>) -> Optional {
    [
        tensors.bias.is_some(),
        tensors.candidate_bias.is_some(),
        tensors.peephole.is_some(),
        tensors.hidden.is_some(),
        tensors.cell.is_some(),
        tensors.mask.is_some(),
    ]
}

/// The tensors of a call out of a list, as [`CallTensors::iter`] made it.
pub(super) fn tensors<T>(
    optional: Optional,
    list: &mut impl Iterator<Item = T>,
) -> Option<CallTensors<T>> {
    let (input, weight_input, weight_recurrent) = (list.next()?, list.next()?, list.next()?);
    let mut next = |at: usize| match optional[at] {
        true => list.next().map(Some),
        false => Some(None),
    };
    Some(CallTensors {
        input,
        weight_input,
        weight_recurrent,
        bias: next(0)?,
        candidate_bias: next(1)?,
        peephole: next(2)?,
        hidden: next(3)?,
        cell: next(4)?,
        mask: next(5)?,
        // Who has some is not asked: see `covering`.
        input_mask: None,
    })
}

/// A call as numbers. Without a bound of the cell state that is infinite, without a checkpoint it is 0, and
/// without lengths there are none.
pub(super) fn write(call: &SequenceCall, optional: Optional, asked: Asked) -> Vec<ScalarIr> {
    let (cell, clip) = match call.cell {
        KernelCell::Lstm { peephole, clip } => {
            let plain = KernelCell::Lstm {
                peephole,
                clip: None,
            };
            (plain, clip)
        }
        other => (other, None),
    };
    let place = CELLS
        .iter()
        .position(|known| *known == cell)
        .unwrap_or(CELLS.len());
    let whole = |number: usize| ScalarIr::UInt(number as u64);
    let mut numbers = vec![
        whole(place),
        ScalarIr::Float(clip.unwrap_or(f64::INFINITY)),
        ScalarIr::Bool(call.reverse),
        whole(call.checkpoint.map_or(0, |every| every.max(1))),
    ];
    numbers.extend(optional.map(ScalarIr::Bool));
    numbers.extend(asked.map(ScalarIr::Bool));
    let lengths = call.lengths.as_ref().map_or(&[][..], Lengths::as_slice);
    numbers.extend(lengths.iter().copied().map(whole));
    numbers
}

/// The call that [`write`] wrote; none if it did not write this.
pub(super) fn read(numbers: &[ScalarIr]) -> Option<(SequenceCall, Optional, Asked)> {
    let (fixed, lengths) = numbers.split_at_checked(NUMBERS)?;
    let [cell, clip, reverse, checkpoint, flags @ ..] = fixed else {
        return None;
    };
    let whole = |number: &ScalarIr| match number {
        ScalarIr::UInt(number) => usize::try_from(*number).ok(),
        _ => None,
    };
    let flag = |number: &ScalarIr| match number {
        ScalarIr::Bool(flag) => Some(*flag),
        _ => None,
    };
    let ScalarIr::Float(clip) = *clip else {
        return None;
    };
    let mut cell = *CELLS.get(whole(cell)?)?;
    if let KernelCell::Lstm { clip: bound, .. } = &mut cell {
        *bound = clip.is_finite().then_some(clip);
    }
    let flags = flags.iter().map(flag).collect::<Option<Vec<bool>>>()?;
    let lengths = lengths.iter().map(whole).collect::<Option<Vec<usize>>>()?;
    let call = SequenceCall {
        cell,
        lengths: match lengths.is_empty() {
            true => None,
            false => Some(Lengths::new(lengths).ok()?),
        },
        reverse: flag(reverse)?,
        checkpoint: Some(whole(checkpoint)?).filter(|every| *every > 0),
    };
    let (optional, asked) = flags.split_at_checked(6)?;
    Some((call, optional.try_into().ok()?, asked.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_as_it_was_written() {
        let bounded = KernelCell::Lstm {
            peephole: true,
            clip: Some(3.0),
        };
        for cell in CELLS.into_iter().chain([bounded]) {
            for lengths in [None, Some(vec![3, 1, 2])] {
                let call = SequenceCall {
                    cell,
                    lengths: lengths.map(|lengths| Lengths::new(lengths).unwrap()),
                    reverse: cell.gates() == 3,
                    checkpoint: (cell.gates() == 4).then_some(5),
                };
                let optional = [true, false, true, true, false, false];
                let asked = [false, true, false, true];
                let (said, said_optional, said_asked) =
                    read(&write(&call, optional, asked)).unwrap();
                assert_eq!(said.cell, call.cell);
                assert_eq!(said.lengths, call.lengths);
                assert_eq!(said.reverse, call.reverse);
                assert_eq!(said.checkpoint, call.checkpoint);
                assert_eq!((said_optional, said_asked), (optional, asked));
            }
        }
        assert!(read(&[ScalarIr::UInt(1)]).is_none());
    }
}
