//! One step at a time, for answering as a sequence comes in.

use super::elman::Elman;
use super::forward::Step;
use super::gru::Gru;
use super::lstm::Lstm;
use super::pack::{Packed, Weights};
use super::path::Path;
use super::problem::Kind;
use super::simd::LANES;
use super::sizes::Sizes;
use super::unit::Unit;

/// A layer with its weights packed once, for steps of one sequence in single precision.
#[derive(Debug)]
pub struct StreamLayer {
    path: Path,
    kind: Kind,
    packed: Packed<f32>,
    d_input: usize,
    d_hidden: usize,
}

/// The state of a [`StreamLayer`].
#[derive(Debug, Clone)]
pub struct StreamState {
    hidden: Vec<f32>,
    /// Padded to whole blocks; empty for cells without a cell state.
    cell: Vec<f32>,
    next: Vec<f32>,
}

impl StreamState {
    /// `h`, `[d_hidden]`.
    pub fn hidden(&self) -> &[f32] {
        &self.hidden
    }

    /// `c`, `[d_hidden]`; empty for cells that have none.
    pub fn cell(&self) -> &[f32] {
        let len = self.cell.len().min(self.hidden.len());
        &self.cell[..len]
    }

    /// Sets the state.
    ///
    /// # Panics
    /// When the sizes are not those of the layer.
    pub fn set(&mut self, hidden: &[f32], cell: &[f32]) {
        assert_eq!(self.cell().len(), cell.len(), "size of the cell state");
        self.hidden.copy_from_slice(hidden);
        self.cell[..cell.len()].copy_from_slice(cell);
    }
}

impl StreamLayer {
    /// Packs the weights.
    ///
    /// # Panics
    /// When their sizes do not fit each other.
    pub fn new(kind: Kind, weights: &Weights<'_, f32>) -> Self {
        Sizes::assert_layer(kind, weights);
        let packed = match kind {
            Kind::Elman { .. } => Packed::new::<Elman>(weights),
            Kind::Gru { .. } => Packed::new::<Gru>(weights),
            Kind::Lstm { .. } => Packed::new::<Lstm<f32>>(weights),
        };
        Self {
            path: Path::best(),
            kind,
            packed,
            d_input: weights.d_input,
            d_hidden: weights.d_hidden,
        }
    }

    /// Size of the cell state, padded to whole blocks; 0 for cells that have none.
    fn d_cell(&self) -> usize {
        match self.kind {
            Kind::Lstm { .. } => self.packed.units * LANES,
            _ => 0,
        }
    }

    /// A state of zeros.
    pub fn state(&self) -> StreamState {
        StreamState {
            hidden: vec![0.0; self.d_hidden],
            cell: vec![0.0; self.d_cell()],
            next: vec![0.0; self.d_hidden],
        }
    }

    /// Takes one step of one sequence, `[d_input]`; nothing is allocated.
    ///
    /// # Panics
    /// When the input or the state is of another size.
    pub fn step(&self, input: &[f32], state: &mut StreamState) {
        assert_eq!(input.len(), self.d_input, "size of an input step");
        assert!(
            state.hidden.len() == self.d_hidden && state.cell.len() == self.d_cell(),
            "the state of a layer of this size"
        );
        match self.kind {
            Kind::Elman { relu } => self.run(&Elman { relu }, input, state),
            Kind::Gru { mirror } => self.run(&Gru { mirror }, input, state),
            Kind::Lstm { peephole, clip } => {
                let unit = Lstm::new(&self.packed, peephole, clip as f32);
                self.run(&unit, input, state);
            }
        }
        std::mem::swap(&mut state.hidden, &mut state.next);
    }

    fn run<U: Unit<f32>>(&self, unit: &U, input: &[f32], state: &mut StreamState) {
        let step = Step {
            unit,
            packed: &self.packed,
            d_input: self.d_input,
            d_hidden: self.d_hidden,
            factors: [&[input.as_ptr()], &[state.hidden.as_ptr()]],
            previous: &[state.hidden.as_ptr()],
            outputs: &[state.next.as_mut_ptr()],
            cell: state.cell.as_mut_ptr(),
            gates: std::ptr::null_mut(),
            cells: std::ptr::null_mut(),
        };
        // SAFETY: sizes were checked; one row of each, and `next` is not `hidden`.
        unsafe { self.path.run(step) };
    }
}
