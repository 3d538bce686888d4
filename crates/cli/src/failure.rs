//! Errors as the user sees them: one line what, one line where, one line what to do.

use rekindle_data::printable;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// An error that ends the program.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub what: String,
    /// Where: file, row and column.
    pub place: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// The process exit code.
    pub exit_code: u8,
}

impl Failure {
    /// Bad usage or input.
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            place: None,
            help: Some(help.into()),
            exit_code: 2,
        }
    }

    /// Prints it, and gives the process's exit code. Where standard error is gone nobody is left to tell.
    pub fn report(self) -> ExitCode {
        let code = self.exit_code;
        let _ = writeln!(std::io::stderr(), "{:?}", miette::Report::new(self));
        ExitCode::from(code)
    }

    /// Something did not hold.
    pub fn failed(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            exit_code: 1,
            ..Self::usage(what, help)
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

impl miette::Diagnostic for Failure {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.place
            .as_ref()
            .map(|place| Box::new(place) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

/// Prints a diagnostic in at most three lines; its code is the place.
struct ThreeLines;

impl miette::ReportHandler for ThreeLines {
    fn debug(&self, error: &dyn miette::Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What comes from files must not steer the terminal.
        let safe = |text: String| printable(&text).into_owned();
        write!(f, "error: {}", safe(error.to_string()))?;
        if let Some(place) = error.code() {
            write!(f, "\n   at: {}", safe(place.to_string()))?;
        }
        if let Some(help) = error.help() {
            write!(f, "\n help: {}", safe(help.to_string()))?;
        }
        Ok(())
    }
}

/// Makes miette print with [`ThreeLines`].
pub fn install_hook() {
    // It fails only when a hook is there already, which then prints.
    let _ = miette::set_hook(Box::new(|_| Box::new(ThreeLines)));
}
