//! What is shown while training.

use burn_train::Interrupter;
use burn_train::metric::MetricDefinition;
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{
    EvaluationName, EvaluationProgress, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining, ProgressType, TrainingProgress,
};
use std::error::Error;

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

impl Display {
    /// The renderer `burn-train` drives; the plain lines are written by the epoch loop.
    pub(super) fn renderer(self, interrupter: &Interrupter) -> Renderer {
        let screen = (self == Self::Screen)
            .then(|| TuiMetricsRendererWrapper::new(interrupter.clone(), None));
        Renderer { screen }
    }
}

/// The screen, or nothing.
pub(super) struct Renderer {
    screen: Option<TuiMetricsRendererWrapper>,
}

impl Renderer {
    fn screen(&mut self) -> Option<&mut TuiMetricsRendererWrapper> {
        self.screen.as_mut()
    }
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

impl MetricsRendererTraining for Renderer {
    fn update_train(&mut self, state: MetricState) {
        if let Some(screen) = self.screen() {
            screen.update_train(state);
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        if let Some(screen) = self.screen() {
            screen.update_valid(state);
        }
    }

    fn render_train(&mut self, item: TrainingProgress, indicators: Vec<ProgressType>) {
        if let Some(screen) = self.screen() {
            screen.render_train(item, indicators);
            let_ctrl_c_interrupt();
        }
    }

    fn render_valid(&mut self, item: TrainingProgress, indicators: Vec<ProgressType>) {
        if let Some(screen) = self.screen() {
            screen.render_valid(item, indicators);
        }
    }

    fn on_train_end(
        &mut self,
        summary: Option<burn_train::LearnerSummary>,
    ) -> Result<(), Box<dyn Error>> {
        match self.screen() {
            Some(screen) => screen.on_train_end(summary),
            None => Ok(()),
        }
    }
}

impl MetricsRendererEvaluation for Renderer {
    fn update_test(&mut self, name: EvaluationName, state: MetricState) {
        if let Some(screen) = self.screen() {
            screen.update_test(name, state);
        }
    }

    fn render_test(&mut self, item: EvaluationProgress, indicators: Vec<ProgressType>) {
        if let Some(screen) = self.screen() {
            screen.render_test(item, indicators);
        }
    }
}

impl MetricsRenderer for Renderer {
    fn manual_close(&mut self) {
        if let Some(screen) = self.screen() {
            screen.manual_close();
        }
    }

    fn register_metric(&mut self, definition: MetricDefinition) {
        if let Some(screen) = self.screen() {
            screen.register_metric(definition);
        }
    }
}
