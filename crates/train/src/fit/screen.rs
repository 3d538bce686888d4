//! What is shown while training.

use burn_train::Interrupter;
use burn_train::logger::TrainingProgressLogger;
use burn_train::metric::state::{FormatOptions, NumericMetricState};
use burn_train::metric::{MetricDefinition, MetricEntry, MetricId, NumericAttributes};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};
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
    pass: Option<Pass>,
    epoch: usize,
    loss: NumericMetricState,
    shown: Option<Instant>,
    /// Set by a key of the screen, which resets it when it closes; the program's own is never reset.
    interrupter: Interrupter,
}

impl Screen {
    /// Takes over the terminal if `display` asks for it.
    pub fn open(display: Display) -> Self {
        let interrupter = Interrupter::new();
        let mut terminal = (display == Display::Screen)
            .then(|| TuiMetricsRendererWrapper::new(interrupter.clone(), None));
        if let Some(terminal) = &mut terminal {
            terminal.register_metric(MetricDefinition {
                metric_id: id(),
                name: Arc::new(NAME.to_string()),
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
            pass: None,
            epoch: 0,
            loss: NumericMetricState::new(),
            shown: None,
            interrupter,
        }
    }

    /// Whether the user stopped training with a key.
    pub fn should_stop(&self) -> bool {
        self.interrupter.should_stop()
    }

    /// Begins a pass over `batches` batches in epoch `epoch` of `epochs`.
    pub fn begin(&mut self, pass: Pass, (epoch, epochs): (usize, usize), batches: usize) {
        self.loss.reset();
        if let Some(terminal) = &mut self.terminal {
            match self.pass {
                None => terminal.start(epochs, epoch, None, None),
                Some(_) => terminal.end_split(),
            }
            if epoch != self.epoch {
                terminal.update_epoch(epoch);
            }
            let name = match pass {
                Pass::Train => "train",
                Pass::Valid => "valid",
            };
            terminal.start_split(name, batches);
        }
        (self.pass, self.epoch) = (Some(pass), epoch);
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
            self.loss.update(loss, items);
            let format = FormatOptions::new(Arc::new(NAME.to_string())).precision(4);
            let entry = MetricEntry::new(id(), self.loss.compute_update(format));
            let state = MetricState::Numeric(entry, Some(self.loss.current_value()));
            match self.pass {
                Some(Pass::Valid) => terminal.update_valid(state),
                _ => terminal.update_train(state),
            }
        }
        terminal.update_split(done);
        let_ctrl_c_interrupt();
        self.shown = Some(Instant::now());
    }

    /// Gives the terminal back.
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
