//! Networks of every shape, and sequences for them.

use super::numbers::Numbers;
use super::parameters::{parameters, with_parameters};
use super::setup::Setup;
use rekindle_models::{CellKind, CellOptions, Stack, StackConfig};

/// Every cell, with the options that change its equations.
pub fn cells() -> Vec<(CellKind, CellOptions)> {
    let plain = CellOptions::default();
    let coupled = CellOptions {
        coupled: true,
        ..plain
    };
    let clip = CellOptions {
        clip: Some(0.4),
        ..plain
    };
    let projected = CellOptions {
        d_projection: Some(2),
        ..plain
    };
    let mirrored = CellOptions {
        mirrored: true,
        ..plain
    };
    let everything = CellOptions {
        coupled: true,
        clip: Some(0.4),
        d_projection: Some(2),
        mirrored: false,
    };
    let mut cells: Vec<_> = CellKind::ALL
        .into_iter()
        .map(|kind| (kind, plain))
        .collect();
    cells.extend([
        (CellKind::Lstm, coupled),
        (CellKind::Lstm, clip),
        (CellKind::Lstm, projected),
        (CellKind::LstmPeephole, coupled),
        (CellKind::LstmPeephole, clip),
        (CellKind::LstmPeepholeFull, everything),
        (CellKind::Gru, mirrored),
        (CellKind::GruResetBefore, mirrored),
    ]);
    cells
}

/// Which way the layers of a network run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first step to the last.
    Forward,
    /// From the last valid step to the first.
    Reverse,
    /// Both, joined.
    Both,
}

/// The shape of a network.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub kind: CellKind,
    pub options: CellOptions,
    pub direction: Direction,
    pub num_layers: usize,
    pub d_input: usize,
    pub d_hidden: usize,
}

impl Shape {
    /// Every cell, direction and one or two layers.
    pub fn all(d_input: usize, d_hidden: usize) -> Vec<Self> {
        let mut shapes = Vec::new();
        for (kind, options) in cells() {
            for direction in [Direction::Forward, Direction::Reverse, Direction::Both] {
                for num_layers in [1, 2] {
                    shapes.push(Self {
                        kind,
                        options,
                        direction,
                        num_layers,
                        d_input,
                        d_hidden,
                    });
                }
            }
        }
        shapes
    }

    fn directions(&self) -> usize {
        if self.direction == Direction::Both {
            2
        } else {
            1
        }
    }

    /// Size of an output step.
    pub fn d_output(&self) -> usize {
        self.d_state() * self.directions()
    }

    /// Size of the hidden state of one direction.
    pub fn d_state(&self) -> usize {
        self.options.d_projection.unwrap_or(self.d_hidden)
    }

    pub fn states(&self) -> usize {
        self.num_layers * self.directions()
    }

    /// Sizes of the tensors a state is made of, hidden before cell.
    pub fn parts(&self) -> Vec<usize> {
        let cell = self.kind.is_lstm().then_some(self.d_hidden);
        std::iter::once(self.d_state()).chain(cell).collect()
    }

    /// Numbers of all states of one sequence.
    fn state_size(&self) -> usize {
        self.states() * self.parts().iter().sum::<usize>()
    }

    /// The network's configuration.
    pub fn config(&self) -> StackConfig {
        StackConfig::new(self.kind, self.d_input, self.d_hidden)
            .with_options(self.options)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.direction == Direction::Both)
    }

    /// A network of this shape; its parameters depend on the seed alone.
    pub fn network(&self, seed: u64, setup: &Setup) -> Stack {
        self.network_with_dropout(seed, 0.0, setup)
    }

    /// The same with dropout between its layers.
    pub fn network_with_dropout(&self, seed: u64, dropout: f64, setup: &Setup) -> Stack {
        let config = self.config().with_dropout(dropout);
        let mut network = config.init(&setup.device);
        if self.direction == Direction::Reverse {
            for (layer, slot) in network.forward.iter_mut().enumerate() {
                *slot = config.layer(layer, true).init(&setup.device);
            }
        }
        let mut numbers = Numbers::new(seed);
        let drawn: Vec<_> = parameters(&network)
            .iter()
            .map(|(_, old)| numbers.vector(old.len(), 0.8))
            .collect();
        with_parameters(network, &drawn, setup)
    }
}

/// One sequence without padding.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Which one it is: its weights in the loss follow it into any batch.
    pub id: usize,
    /// `len * d_input` numbers.
    pub steps: Vec<f64>,
    /// Its initial state: state by state, hidden before cell.
    pub initial: Vec<f64>,
}

impl Sequence {
    /// One sequence a length.
    pub fn batch(shape: &Shape, lengths: &[usize], seed: u64) -> Vec<Self> {
        let mut numbers = Numbers::new(seed);
        let state = shape.state_size();
        let sequence = |(id, &length): (usize, &usize)| Self {
            id,
            steps: numbers.vector(length * shape.d_input, 2.0),
            initial: numbers.vector(state, 1.0),
        };
        lengths.iter().enumerate().map(sequence).collect()
    }

    /// The number of steps.
    pub fn len(&self, shape: &Shape) -> usize {
        self.steps.len() / shape.d_input
    }
}
