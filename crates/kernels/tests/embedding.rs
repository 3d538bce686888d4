//! Vectors of tokens and their gradient, against plain loops, on every backend with a kernel for it.
// Burn's next line drops NdArray and LibTorch; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use rekindle_kernels::cpu::sum_by;
use rekindle_kernels::look_up;

/// `[batch_size, seq_length, vocabulary, d]`: no token, one token, one sequence, none twice, more sums than
/// rows, and several parts of a GPU's.
const SIZES: [[usize; 4]; 6] = [
    [0, 3, 4, 2],
    [1, 1, 1, 1],
    [1, 5, 9, 3],
    [2, 3, 40, 1],
    [7, 1, 3, 33],
    [7, 130, 60, 40],
];

/// Numbers of few bits, so that sums are exact in any order.
fn number(at: usize) -> f32 {
    (at * 37 % 101) as f32 / 8.0 - 6.0
}

/// One token in three is the last one, as padding is; some tokens never come.
fn token(at: usize, vocabulary: usize) -> usize {
    match at % 3 {
        2 => vocabulary - 1,
        _ => at * at % vocabulary,
    }
}

/// So many words that a GPU takes its parts one after the other.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
const WORDY: [[usize; 4]; 1] = [[3, 230, 9_000_000, 1]];

fn check(device: Device, dtype: DType, sizes: &[[usize; 4]]) {
    let device = device.autodiff();
    for &[batch_size, seq_length, vocabulary, d] in sizes {
        let count = batch_size * seq_length;
        let tokens: Vec<usize> = (0..count).map(|at| token(at, vocabulary)).collect();
        let vectors: Vec<f32> = (0..vocabulary * d).map(number).collect();
        let upstream: Vec<f32> = (0..count * d).map(|at| number(at + 5)).collect();
        let data = TensorData::new(vectors.clone(), [vocabulary, d]);
        let vectors_here = Tensor::<2>::from_data(data, (&device, dtype)).require_grad();
        let numbers: Vec<i32> = tokens.iter().map(|&token| token as i32).collect();
        let numbers = TensorData::new(numbers, [batch_size, seq_length]);
        let numbers = Tensor::<2, Int>::from_data(numbers, &device);
        let looked_up = look_up(vectors_here.clone(), numbers);
        let want: Vec<f32> = tokens
            .iter()
            .flat_map(|&token| vectors[token * d..][..d].to_vec())
            .collect();
        let got: Vec<f32> = looked_up.to_data().iter().collect();
        assert_eq!(got, want, "{count} tokens of {vocabulary}");

        let weight = TensorData::new(upstream.clone(), [batch_size, seq_length, d]);
        let gradients = (looked_up * Tensor::from_data(weight, (&device, dtype)))
            .sum()
            .backward();
        let mut want = vec![0.0; vocabulary * d];
        for (at, &token) in tokens.iter().enumerate() {
            for column in 0..d {
                want[token * d + column] += upstream[at * d + column];
            }
        }
        let got = vectors_here.grad(&gradients).expect("a gradient");
        let got: Vec<f32> = got.into_data().iter().collect();
        assert_eq!(got, want, "{count} gradients of {vocabulary}");
    }
}

#[test]
fn vectors_and_gradients_are_those_of_plain_loops() {
    for dtype in [DType::F32, DType::F64] {
        check(Device::flex(), dtype, &SIZES);
        #[cfg(feature = "ndarray")]
        check(Device::ndarray(), dtype, &SIZES);
    }
}

#[test]
#[cfg(feature = "tch")]
fn libtorch_gives_the_same() {
    check(Device::libtorch(), DType::F32, &SIZES);
}

#[test]
#[cfg(feature = "wgpu")]
fn wgpu_gives_the_same() {
    let device = Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
    check(device.clone(), DType::F32, &SIZES);
    check(device, DType::F32, &WORDY);
}

#[test]
#[cfg(feature = "cuda")]
fn cuda_gives_the_same() {
    // For no token Burn launches no cube, which CUDA, unlike Vulkan, refuses.
    check(Device::cuda(0), DType::F32, &SIZES[1..]);
    check(Device::cuda(0), DType::F32, &WORDY);
}

#[test]
fn rows_without_a_name_are_zero() {
    assert_eq!(
        sum_by(&[1.0, 2.0, 3.0], &[1, 1, 3], 4, 1),
        [0.0, 3.0, 0.0, 3.0]
    );
    assert_eq!(sum_by::<f32>(&[], &[], 2, 3), [0.0; 6]);
    assert!(sum_by::<f32>(&[], &[0, 1], 2, 0).is_empty());
}

#[test]
#[should_panic(expected = "no name of 2 or more")]
fn a_name_too_many_is_refused() {
    sum_by(&[1.0], &[2], 2, 1);
}
