//! What a worker computed, brought here in one answer.
//!
//! Each tensor that is read costs a way there and back. So the worker lays all gradients, the loss and the
//! hits end to end, and one answer brings them. Reading them is also how a step learns that a worker is gone:
//! what is asked of one that is comes to nothing, without an error.

use super::gradients::Step;
use super::trainable::StepOutput;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

/// A step's results, on their way.
pub struct Parcel {
    numbers: Tensor<1>,
    /// Which parameters have a gradient, in the order in which the model shows them.
    there: Vec<bool>,
    items: usize,
    counts_correct: bool,
}

impl Parcel {
    /// Packs a step on the device where it ran.
    pub fn pack<M: Module>(model: &M, (gradients, output): Step) -> Self {
        let mut packer = Packer {
            gradients,
            parts: Vec::new(),
            there: Vec::new(),
        };
        model.visit(&mut packer);
        let Packer {
            mut parts, there, ..
        } = packer;
        let counts_correct = output.correct.is_some();
        parts.push(output.loss);
        parts.extend(output.correct);
        Self {
            numbers: Tensor::cat(parts, 0),
            there,
            items: output.items,
            counts_correct,
        }
    }

    /// Waits for it, and puts its parts on `device`.
    ///
    /// # Errors
    /// Burn's words where no answer comes.
    pub fn unpack<M: Module>(self, model: &M, device: &Device) -> Result<Step, String> {
        let numbers = self.numbers.try_into_data();
        let numbers = numbers.map_err(|error| error.to_string())?;
        let mut unpacker = Unpacker {
            numbers: Tensor::from_data(numbers, device),
            at: 0,
            there: self.there.into_iter(),
            gradients: GradientsParams::new(),
        };
        model.visit(&mut unpacker);
        let output = StepOutput {
            loss: unpacker.next(1),
            correct: self.counts_correct.then(|| unpacker.next(1)),
            items: self.items,
        };
        Ok((unpacker.gradients, output))
    }
}

struct Packer {
    gradients: GradientsParams,
    parts: Vec<Tensor<1>>,
    there: Vec<bool>,
}

impl ModuleVisitor for Packer {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.remove::<D>(param.id);
        self.there.push(gradient.is_some());
        self.parts.extend(gradient.map(|one| one.reshape([-1])));
    }
}

struct Unpacker {
    numbers: Tensor<1>,
    at: usize,
    there: std::vec::IntoIter<bool>,
    gradients: GradientsParams,
}

impl Unpacker {
    fn next(&mut self, count: usize) -> Tensor<1> {
        let start = self.at;
        self.at += count;
        self.numbers.clone().narrow(0, start, count)
    }
}

impl ModuleVisitor for Unpacker {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.there.next() == Some(true) {
            let shape = param.val().shape();
            let gradient = self.next(shape.num_elements()).reshape(shape);
            self.gradients.register::<D>(param.id, gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::LinearConfig;

    #[test]
    fn a_parcel_holds_what_was_packed() {
        let device = Device::flex();
        let layer = LinearConfig::new(2, 3).init(&device.clone().autodiff());
        let input = Tensor::<2>::from_floats([[1.0, 2.0]], &device).autodiff();
        for correct in [None, Some(Tensor::from_floats([3.0], &device))] {
            // The bias has no gradient.
            let product = input.clone().matmul(layer.weight.val());
            let loss = product.powi_scalar(2).sum();
            let gradients = GradientsParams::from_grads(loss.clone().backward(), &layer);
            let wanted = gradients
                .get::<2>(layer.weight.id)
                .expect("one")
                .into_data();
            let output = StepOutput {
                loss: loss.clone().inner(),
                correct: correct.clone(),
                items: 5,
            };
            let parcel = Parcel::pack(&layer, (gradients, output));
            let (gradients, output) = parcel.unpack(&layer, &device).expect("it is here");
            assert_eq!(gradients.len(), 1);
            let got = gradients.get::<2>(layer.weight.id).expect("one");
            assert_eq!(got.into_data(), wanted);
            assert_eq!(output.loss.into_data(), loss.clone().inner().into_data());
            assert_eq!(
                output.correct.map(Tensor::into_data),
                correct.map(Tensor::into_data)
            );
            assert_eq!(output.items, 5);
        }
    }
}
