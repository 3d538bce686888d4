//! Shapes, lengths and settings of the CPU engine: every instruction set against plain loops in double
//! precision.
#![no_main]

#[path = "../../crates/kernels/tests/case/mod.rs"]
mod case;

use arbitrary::Arbitrary;
use case::Case;
use libfuzzer_sys::fuzz_target;
use rekindle_kernels::cpu::Kind;

#[derive(Debug, Arbitrary)]
struct Shape {
    kind: u8,
    sizes: [u8; 4],
    lengths: Option<Vec<u8>>,
    flags: [bool; 5],
    threads: u8,
    checkpoint: Option<u8>,
    seed: u64,
}

fuzz_target!(|shape: Shape| {
    let size = |value: u8, most: usize| 1 + usize::from(value) % most;
    let [batch_size, seq_length, d_input, d_hidden] = shape.sizes;
    let (batch_size, seq_length) = (size(batch_size, 9), size(seq_length, 12));
    let lengths = shape.lengths.map(|lengths| {
        let length = |row: usize| size(lengths.get(row).copied().unwrap_or(0), seq_length);
        (0..batch_size).map(length).collect()
    });
    let [reverse, initial, mask, gate_masks, bias] = shape.flags;
    Case {
        kind: match shape.kind % 6 {
            0 => Kind::Elman { relu: false },
            1 => Kind::Elman { relu: true },
            2 => Kind::Gru { mirror: false },
            3 => Kind::Gru { mirror: true },
            4 => Kind::Lstm {
                peephole: false,
                clip: 0.5,
            },
            _ => Kind::Lstm {
                peephole: true,
                clip: f64::INFINITY,
            },
        },
        batch_size,
        seq_length,
        d_input: size(d_input, 80),
        d_hidden: size(d_hidden, 80),
        lengths,
        reverse,
        initial,
        mask,
        gate_masks,
        bias,
        threads: size(shape.threads, 3),
        checkpoint: shape.checkpoint.map(|every| size(every, 6)),
        seed: shape.seed,
    }
    .check();
});
