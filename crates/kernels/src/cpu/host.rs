//! Tensors in this process's memory, as numbers.

use super::path::Number;
use burn::backend::Backend;
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Element, TensorData};
use std::borrow::Cow;

/// A backend whose tensors are in this process's memory.
pub trait HostTensors: Backend {
    /// The numbers of a tensor, row-major; copied only where they do not lie so.
    fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]>;

    /// The same of a tensor that is not needed any more, to be written over; not copied if nothing else
    /// holds it.
    fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData;
}

/// Writes over the numbers of a tensor that is not needed any more.
pub(super) fn edit<B: HostTensors, E: Number + Element, T>(
    tensor: FloatTensor<B>,
    change: impl FnOnce(&mut [E]) -> T,
) -> (FloatTensor<B>, T) {
    let device = tensor.device();
    let mut data = B::taken::<E>(tensor);
    let result = match data.as_mut_slice::<E>() {
        Ok(numbers) => change(numbers),
        // Memory that Flex took as bytes need not be aligned for numbers.
        Err(_) => {
            let bytes = data.as_bytes().chunks_exact(size_of::<E>());
            let mut numbers: Vec<E> = bytes.map(bytemuck::pod_read_unaligned).collect();
            let result = change(&mut numbers);
            data = TensorData::new(numbers, data.shape().clone());
            result
        }
    };
    (B::float_from_data(data, &device), result)
}

#[cfg(feature = "flex")]
impl HostTensors for burn::backend::Flex {
    fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]> {
        match tensor.as_slice::<E>() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(tensor.to_contiguous().storage::<E>().to_vec()),
        }
    }

    fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData {
        tensor.into_data()
    }
}

#[cfg(feature = "ndarray")]
mod ndarray {
    use super::*;
    use burn::backend::NdArray;
    use burn::backend::ndarray::NdArrayTensor;

    fn numbers<E: Number>(tensor: &NdArrayTensor) -> Cow<'_, [E]> {
        macro_rules! read {
            ($storage:expr) => {{
                let view = $storage.view();
                match view.to_slice() {
                    Some(slice) => Cow::Borrowed(bytemuck::cast_slice(slice)),
                    None => {
                        let copied: Vec<_> = view.iter().copied().collect();
                        Cow::Owned(bytemuck::cast_slice(&copied).to_vec())
                    }
                }
            }};
        }
        match tensor {
            NdArrayTensor::F64(storage) => read!(storage),
            NdArrayTensor::F32(storage) => read!(storage),
            other => unreachable!("a float tensor, not {:?}", other.dtype()),
        }
    }

    fn into_numbers<E: Number>(tensor: NdArrayTensor) -> Vec<E> {
        macro_rules! take {
            ($storage:expr) => {{
                let array = $storage.into_shared();
                if array.is_standard_layout() && array.is_unique() {
                    let (numbers, from) = array.into_owned().into_raw_vec_and_offset();
                    if from.unwrap_or(0) == 0 {
                        return bytemuck::allocation::cast_vec(numbers);
                    }
                    return bytemuck::cast_slice(&numbers).to_vec();
                }
                let copied: Vec<_> = array.iter().copied().collect();
                bytemuck::allocation::cast_vec(copied)
            }};
        }
        match tensor {
            NdArrayTensor::F64(storage) => take!(storage),
            NdArrayTensor::F32(storage) => take!(storage),
            other => unreachable!("a float tensor, not {:?}", other.dtype()),
        }
    }

    impl HostTensors for NdArray {
        fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]> {
            numbers(tensor)
        }

        fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData {
            let shape = tensor.shape();
            TensorData::new(into_numbers::<E>(tensor), shape)
        }
    }
}
