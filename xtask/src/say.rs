//! Lines for people. Where nobody reads them any more there is nobody to tell.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Says what is wrong.
pub fn complain(line: impl Display) {
    let _ = writeln!(io::stderr(), "xtask: {line}");
}
