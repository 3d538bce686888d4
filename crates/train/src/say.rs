//! Lines for people.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write};
use std::sync::OnceLock;

/// Why standard output lacks lines, if it does and its reader is not gone.
static FAILED: OnceLock<String> = OnceLock::new();

/// Prints a line as `println!` does, but never panics: a reader that has gone (`rekindle … | head`) ends
/// nothing, and any other failure is kept for [`failed`](crate::say::failed).
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say_line(format_args!($($words)*))
    };
}

/// What [`say!`] calls.
pub fn say_line(line: Arguments<'_>) {
    keep(writeln!(std::io::stdout(), "{line}"));
}

/// Prints a line on standard error; where that fails there is nobody left to tell.
pub fn note_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Why lines on standard output were lost, if any were: a full disk, for example. That the reader has
/// gone is no failure.
pub fn failed() -> Option<&'static str> {
    keep(std::io::stdout().flush());
    FAILED.get().map(String::as_str)
}

fn keep(done: Result<(), Error>) {
    if let Err(error) = done
        && error.kind() != ErrorKind::BrokenPipe
    {
        // The first one says why.
        let _ = FAILED.set(error.to_string());
    }
}
