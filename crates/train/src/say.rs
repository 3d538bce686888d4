//! Lines for people.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line as `println!` does, but a reader that has gone (`rekindle … | head`) ends nothing.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say_line(format_args!($($words)*))
    };
}

/// What [`say!`] calls.
pub fn say_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line on standard error; a terminal that has gone ends nothing.
pub fn note_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
