//! The operations beside recurrence: kernels against plain loops, gradients against finite differences
//! or the backend's own.
// Burn's next line drops NdArray and LibTorch; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

use burn::tensor::{DType, Device, Tensor, TensorData};
use proptest::prelude::*;
use rekindle_kernels::cpu::{self, Number, Path};
use rekindle_kernels::{
    CrossEntropy, CrossEntropyTensors, Dropout, cross_entropy, dropout, join, pairs, tanh,
};

/// Loss, gradient by the scores and gradient by the bias, number by number.
fn plain(
    call: &CrossEntropy,
    scores: &[f64],
    bias: &[f64],
    targets: &[usize],
) -> (f64, Vec<f64>, Vec<f64>) {
    let columns = bias.len();
    let count = targets.iter().filter(|&&t| t != call.ignore).count().max(1) as f64;
    let (mut loss, mut d_scores, mut d_bias) = (0.0, Vec::new(), vec![0.0; columns]);
    for (row, &target) in scores.chunks(columns).zip(targets) {
        let x: Vec<f64> = row.iter().zip(bias).map(|(x, b)| x + b).collect();
        let top = x.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = x.iter().map(|x| (x - top).exp()).sum();
        let log = |at: usize| x[at] - top - total.ln();
        for (at, sum) in d_bias.iter_mut().enumerate() {
            let wanted = call.smoothing / columns as f64
                + if at == target {
                    1.0 - call.smoothing
                } else {
                    0.0
                };
            let counts = if target == call.ignore { 0.0 } else { 1.0 };
            loss -= counts * wanted * log(at) / count;
            let d = counts * (log(at).exp() - wanted) / count;
            d_scores.push(d);
            *sum += d;
        }
    }
    (loss, d_scores, d_bias)
}

fn drawn(len: usize, seed: u64, scale: f64) -> Vec<f64> {
    let place = |at: usize| (at as f64 * 0.618 + seed as f64 * 0.377).fract() - 0.5;
    (0..len).map(|at| place(at * (at + 3)) * scale).collect()
}

fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert!(
            (got - want).abs() <= tolerance * (1.0 + want.abs()),
            "{got} is not {want}"
        );
    }
}

fn kernel<E: Number + Into<f64>>(
    path: Path,
    call: &CrossEntropy,
    (scores, bias): (&[f64], &[f64]),
    targets: &[usize],
    of: fn(f64) -> E,
) -> (f64, Vec<f64>, Vec<f64>) {
    let narrow = |values: &[f64]| -> Vec<E> { values.iter().map(|&value| of(value)).collect() };
    let wide = |values: Vec<E>| -> Vec<f64> { values.into_iter().map(Into::into).collect() };
    let mut values = narrow(scores);
    let (loss, d_bias) = cpu::cross_entropy(path, call, &mut values, &narrow(bias), targets);
    (loss, wide(values), wide(d_bias))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_instruction_set_computes_the_plain_loops(
        rows in 1..40_usize,
        columns in prop::sample::select(vec![1, 2, 15, 16, 17, 33, 100]),
        smoothing in prop::sample::select(vec![0.0, 0.1, 0.9]),
        scale in prop::sample::select(vec![1.0, 30.0, 400.0]),
        seed in 0..1000_u64,
    ) {
        let call = CrossEntropy { smoothing, ignore: usize::MAX };
        let targets: Vec<usize> = (0..rows)
            .map(|row| if row % 5 == 3 { usize::MAX } else { (row * 7 + 1) % columns })
            .collect();
        let (scores, bias) = (drawn(rows * columns, seed, scale), drawn(columns, seed + 9, 1.0));
        let want = plain(&call, &scores, &bias, &targets);
        for path in Path::available() {
            let given = (&scores[..], &bias[..]);
            let single = kernel::<f32>(path, &call, given, &targets, |x| x as f32);
            close(&[single.0], &[want.0], 1e-5);
            close(&single.1, &want.1, 1e-5);
            close(&single.2, &want.2, 1e-4);
            let double = kernel::<f64>(path, &call, given, &targets, |x| x);
            close(&[double.0], &[want.0], 1e-12);
            close(&double.1, &want.1, 1e-12);
            close(&double.2, &want.2, 1e-11);
        }
    }
}

/// A device and a precision.
type Place = (Device, DType);

/// The backends whose kernels are on the CPU, in these precisions.
fn places(precisions: &[DType]) -> Vec<Place> {
    let devices = [
        Device::flex(),
        #[cfg(feature = "ndarray")]
        Device::ndarray(),
    ];
    let each = |device: Device| precisions.iter().map(move |&dtype| (device.clone(), dtype));
    devices.into_iter().flat_map(each).collect()
}

fn tensor<const D: usize>(values: &[f64], shape: [usize; D], place: &Place) -> Tensor<D> {
    let (device, dtype) = place;
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (device, *dtype))
}

const TARGETS: [usize; 4] = [2, 0, 4, 1];
const CALL: CrossEntropy = CrossEntropy {
    smoothing: 0.1,
    ignore: 0,
};
const SIZES: [usize; 3] = [4 * 3, 5 * 3, 5];

/// Features, weight and bias.
fn parts(values: &[f64], place: &Place) -> CrossEntropyTensors {
    let (x, rest) = values.split_at(SIZES[0]);
    let (w, b) = rest.split_at(SIZES[1]);
    CrossEntropyTensors {
        features: tensor(x, [4, 3], place),
        weight: tensor(w, [5, 3], place),
        bias: tensor(b, [5], place),
    }
}

/// A loss that is used twice over, so that its gradient is not 1.
fn loss(tensors: CrossEntropyTensors) -> Tensor<1> {
    cross_entropy(&CALL, tensors, &TARGETS).powi_scalar(2)
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let start = drawn(SIZES.iter().sum(), 4, 2.0);
    for place in places(&[DType::F64]) {
        let leaves = parts(&start, &(place.0.clone().autodiff(), place.1));
        let leaves = CrossEntropyTensors {
            features: leaves.features.require_grad(),
            weight: leaves.weight.require_grad(),
            bias: leaves.bias.require_grad(),
        };
        let grads = loss(leaves.clone()).backward();
        let numbers = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
        let gradient = [
            numbers(leaves.features.grad(&grads).unwrap().into_data()),
            numbers(leaves.weight.grad(&grads).unwrap().into_data()),
            numbers(leaves.bias.grad(&grads).unwrap().into_data()),
        ]
        .concat();
        for at in 0..start.len() {
            let moved = |step: f64| {
                let mut values = start.clone();
                values[at] += step;
                loss(parts(&values, &place)).into_scalar::<f64>()
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!(
                (slope - gradient[at]).abs() < 1e-8,
                "{at}: {slope}, not {}",
                gradient[at]
            );
        }
    }
}

#[test]
fn the_kernel_and_tensor_operations_agree() {
    let start = drawn(SIZES.iter().sum(), 8, 2.0);
    for (device, dtype) in places(&[DType::F32]) {
        let kernel = loss(parts(&start, &(device.clone().autodiff(), dtype))).into_data();
        let operations = loss(parts(&start, &(device, dtype))).into_data();
        let value = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
        close(&value(kernel), &value(operations), 1e-5);
    }
}

#[test]
fn a_share_is_dropped_and_the_mean_stays() {
    for path in Path::available() {
        for probability in [0.1, 0.5, 0.9] {
            let call = Dropout {
                probability,
                seed: 7,
            };
            let mut numbers = vec![1.0_f32; 100_000];
            cpu::dropout(path, &call, &mut numbers);
            let kept = (1.0 / (1.0 - probability)) as f32;
            assert!(numbers.iter().all(|&x| x == 0.0 || (x - kept).abs() < 1e-5));
            let share = numbers.iter().filter(|&&x| x == 0.0).count() as f64 / 1e5;
            assert!(
                (share - probability).abs() < 0.006,
                "{share} for {probability}"
            );
            let pairs = numbers
                .windows(2)
                .filter(|pair| pair == &[0.0, 0.0])
                .count();
            let share = pairs as f64 / 1e5;
            assert!(
                (share - probability * probability).abs() < 0.008,
                "neighbours: {share}"
            );
        }
    }
}

#[test]
fn masks_depend_on_the_seed_alone() {
    let drop = |path: Path, seed: u64| {
        let mut numbers = vec![1.0_f64; 40_000];
        let call = Dropout {
            probability: 0.3,
            seed,
        };
        cpu::dropout(path, &call, &mut numbers);
        numbers
    };
    let paths = Path::available();
    let first = drop(paths[0], 1);
    assert!(paths.iter().all(|&path| drop(path, 1) == first));
    assert_ne!(drop(paths[0], 2), first);
    assert_ne!(drop(paths[0], 1 << 40), first);
    assert_ne!(
        first[..16_384],
        first[16_384..32_768],
        "chunks have masks of their own"
    );
}

#[test]
fn the_gradient_is_dropped_where_the_number_was() {
    for (device, dtype) in places(&[DType::F32]) {
        let options = (&device.autodiff(), dtype);
        let input = Tensor::<2>::ones([300, 70], options).require_grad();
        let output = dropout(input.clone(), 0.4);
        let grads = (output.clone() * 3.0).sum().backward();
        let gradient = input.grad(&grads).unwrap().into_data();
        let output = (output * 3.0).into_data();
        let numbers = |data: &TensorData| data.iter::<f64>().collect::<Vec<_>>();
        close(&numbers(&gradient), &numbers(&output), 1e-6);
        assert!(numbers(&output).contains(&0.0));
    }
}

#[test]
fn numbers_are_squashed_as_plain_loops_do() {
    for len in [1, 15, 16, 17, 40_000] {
        let numbers = [drawn(len, 3, 8.0), vec![0.0, 1e-9, -50.0, 50.0]].concat();
        let want: Vec<f64> = numbers.iter().map(|x| x.tanh()).collect();
        let upstream = drawn(numbers.len(), 5, 2.0);
        let slopes = upstream.iter().zip(&want).map(|(g, y)| g * (1.0 - y * y));
        let slopes: Vec<f64> = slopes.collect();
        for path in Path::available() {
            let mut double = numbers.clone();
            cpu::tanh(path, &mut double);
            close(&double, &want, 1e-14);
            let mut gradient = upstream.clone();
            cpu::tanh_backward(path, &double, &mut gradient);
            close(&gradient, &slopes, 1e-13);
            let mut single: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
            cpu::tanh(path, &mut single);
            let wide: Vec<f64> = single.iter().map(|&x| f64::from(x)).collect();
            close(&wide, &want, 1e-6);
        }
    }
}

#[test]
fn a_product_and_a_split_are_those_of_plain_loops() {
    for (rows, columns, inner) in [(1, 1, 1), (3, 5, 7), (70, 33, 20), (200, 300, 64)] {
        let (a, b) = (drawn(rows * inner, 1, 2.0), drawn(columns * inner, 2, 2.0));
        let dot = |at: usize| {
            let (a, b) = (&a[at / columns * inner..], &b[at % columns * inner..]);
            a.iter().zip(b).take(inner).map(|(a, b)| a * b).sum::<f64>()
        };
        let want: Vec<f64> = (0..rows * columns).map(dot).collect();
        close(&cpu::times_transposed(&a, &b, inner), &want, 1e-12);

        let parts = cpu::split(&a, &[inner - inner / 3, inner / 3]);
        let row =
            |part: &[f64], width: usize, at: usize| part[at * width..(at + 1) * width].to_vec();
        let back = |at: usize| {
            let widths = [inner - inner / 3, inner / 3];
            [row(&parts[0], widths[0], at), row(&parts[1], widths[1], at)].concat()
        };
        let back: Vec<f64> = (0..rows).flat_map(back).collect();
        assert_eq!(back, a, "taken apart and put together");
    }
}

/// Tanh of what was joined, each part used twice, beside the same in tensor operations.
#[test]
fn joined_and_squashed_is_what_tensor_operations_give() {
    for (device, dtype) in places(&[DType::F32, DType::F64]) {
        let place = (device.autodiff(), dtype);
        let parts = [2, 3, 1].map(|width| {
            let values = drawn(4 * 5 * width, width as u64, 2.0);
            tensor(&values, [4, 5, width], &place).require_grad()
        });
        let [a, b, c] = &parts;
        let whole = [a.clone(), b.clone(), c.clone()];
        let squashed = tanh(join(whole.clone()));
        let plain = Tensor::cat(whole.into(), 2).tanh();
        let numbers = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
        close(
            &numbers(squashed.clone().into_data()),
            &numbers(plain.clone().into_data()),
            1e-6,
        );
        let loss = |y: Tensor<3>| y.powi_scalar(3).sum() + c.clone().sum() * a.clone().sum();
        let ours = loss(squashed).backward();
        let theirs = loss(plain).backward();
        for part in &parts {
            let [ours, theirs] =
                [&ours, &theirs].map(|grads| numbers(part.grad(grads).unwrap().into_data()));
            close(&ours, &theirs, 1e-5);
            assert!(ours.iter().any(|g| g.abs() > 1e-3));
        }
        // A part that nobody asks about gets no gradient, and stops none.
        let silent = tensor(&[1.0; 20], [4, 5, 1], &place);
        let sum = join([a.clone(), silent]).sum();
        let gradient = numbers(a.grad(&sum.backward()).unwrap().into_data());
        assert!(gradient.iter().all(|&g| g == 1.0));
    }
}

/// All pairs' products beside Burn's own, the keys used twice.
#[test]
fn pairs_are_products_of_queries_and_keys() {
    for (device, dtype) in places(&[DType::F32, DType::F64]) {
        let place = (device.autodiff(), dtype);
        let queries = tensor(&drawn(2 * 3 * 4, 1, 2.0), [2, 3, 4], &place).require_grad();
        let keys = tensor(&drawn(2 * 5 * 4, 2, 2.0), [2, 5, 4], &place).require_grad();
        let numbers = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
        let ours = pairs(queries.clone(), keys.clone());
        let theirs = queries.clone().matmul(keys.clone().swap_dims(1, 2));
        close(
            &numbers(ours.clone().into_data()),
            &numbers(theirs.clone().into_data()),
            1e-6,
        );
        let weight = tensor(&drawn(2 * 3 * 5, 3, 2.0), [2, 3, 5], &place);
        let grads = |pairs: Tensor<3>| {
            let context = pairs.clone().matmul(keys.clone());
            let grads = ((pairs * weight.clone()).sum() + context.powi_scalar(2).sum()).backward();
            [queries.grad(&grads), keys.grad(&grads)].map(|g| numbers(g.unwrap().into_data()))
        };
        for (ours, theirs) in grads(ours).iter().zip(grads(theirs)) {
            close(ours, &theirs, 1e-5);
        }
    }
}
