//! What is shown while training.

use burn::data::dataloader::Progress;
use burn_train::Interrupter;
use burn_train::metric::state::{FormatOptions, NumericMetricState};
use burn_train::metric::{MetricDefinition, MetricEntry, MetricId, NumericAttributes};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{
    MetricState, MetricsRenderer, MetricsRendererTraining, ProgressType, TrainingProgress,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// `burn-train`'s full-screen display.
    Screen,
    /// One line an epoch.
    Plain,
    /// Nothing.
    Quiet,
}

/// What a pass over batches is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Training.
    Train,
    /// Validation.
    Valid,
}

/// Time between two reads of the losses: as often as `burn-train` draws.
const REFRESH: Duration = Duration::from_millis(100);

/// `burn-train`'s full-screen display, driven by our loop.
pub struct Screen {
    terminal: Option<TuiMetricsRendererWrapper>,
    pass: Pass,
    epoch: Progress,
    batches: usize,
    loss: NumericMetricState,
    shown: Option<Instant>,
}

impl Screen {
    /// Takes over the terminal if `display` asks for it.
    pub fn open(display: Display, interrupter: &Interrupter) -> Self {
        let mut terminal = (display == Display::Screen)
            .then(|| TuiMetricsRendererWrapper::new(interrupter.clone(), None));
        if let Some(terminal) = &mut terminal {
            terminal.register_metric(MetricDefinition {
                metric_id: id(),
                name: NAME.to_string(),
                description: None,
                attributes: NumericAttributes {
                    unit: None,
                    higher_is_better: false,
                }
                .into(),
            });
        }
        Self {
            terminal,
            pass: Pass::Train,
            epoch: Progress::new(0, 0),
            batches: 0,
            loss: NumericMetricState::new(),
            shown: None,
        }
    }

    /// Begins a pass over `batches` batches in epoch `epoch` of `epochs`.
    pub fn begin(&mut self, pass: Pass, (epoch, epochs): (usize, usize), batches: usize) {
        self.pass = pass;
        self.epoch = Progress::new(epoch, epochs);
        self.batches = batches;
        self.loss.reset();
    }

    /// Whether it is time to show new losses. Reading waits for the device, so the loop reads all new
    /// losses at once and only when this is true.
    pub fn is_due(&self) -> bool {
        let due = |shown: Instant| shown.elapsed() >= REFRESH;
        self.terminal.is_some() && self.shown.is_none_or(due)
    }

    /// Shows that `done` batches are over; `losses` are the new ones with their numbers of items.
    pub fn show(&mut self, done: usize, losses: &[(f64, usize)]) {
        let Some(terminal) = self.terminal.as_mut().filter(|_| done > 0) else {
            return;
        };
        for &(loss, items) in losses {
            let format = FormatOptions::new(Arc::new(NAME.to_string())).precision(4);
            let text = self.loss.update(loss, items, format);
            let entry = MetricEntry::new(id(), text);
            let state = MetricState::Numeric(entry, self.loss.current_value());
            match self.pass {
                Pass::Train => terminal.update_train(state),
                Pass::Valid => terminal.update_valid(state),
            }
        }
        let batches = Progress::new(done, self.batches);
        let lines = vec![
            ProgressType::Detailed {
                tag: "Epoch".to_string(),
                progress: self.epoch.clone(),
            },
            ProgressType::Value {
                tag: "Iteration".to_string(),
                value: done,
            },
            ProgressType::Detailed {
                tag: "Items".to_string(),
                progress: batches.clone(),
            },
        ];
        let progress = TrainingProgress {
            progress: Some(batches),
            global_progress: self.epoch.clone(),
            iteration: Some(done),
        };
        match self.pass {
            Pass::Train => terminal.render_train(progress, lines),
            Pass::Valid => terminal.render_valid(progress, lines),
        }
        let_ctrl_c_interrupt();
        self.shown = Some(Instant::now());
    }

    /// Gives the terminal back and resets the interrupter, as `burn-train` does.
    pub fn close(self) {
        if let Some(mut terminal) = self.terminal
            && let Err(error) = terminal.on_train_end(None)
        {
            tracing::debug!("the screen: {error}");
        }
    }
}

const NAME: &str = "Loss";

fn id() -> MetricId {
    MetricId::new(Arc::new(NAME.to_string()))
}

/// The screen puts the terminal in raw mode, in which Ctrl-C is a key like any other.
#[cfg(unix)]
fn let_ctrl_c_interrupt() {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    if let Ok(mut settings) = tcgetattr(&stdin)
        && !settings.local_modes.contains(LocalModes::ISIG)
    {
        settings.local_modes.insert(LocalModes::ISIG);
        if let Err(error) = tcsetattr(&stdin, OptionalActions::Now, &settings) {
            tracing::debug!("Ctrl-C stays a key: {error}");
        }
    }
}

#[cfg(not(unix))]
fn let_ctrl_c_interrupt() {}
