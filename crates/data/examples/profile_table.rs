//! Says what the columns of tables seem to hold.
//!
//! `cargo run -p rekindle-data --example profile_table -- FILE…`

use rekindle_data::profile;
use std::path::Path;

fn main() {
    for name in std::env::args_os().skip(1) {
        match profile(Path::new(&name)) {
            Ok(profile) => println!("{}\n", profile.lines().join("\n  ")),
            Err(error) => {
                eprintln!("error: {error}");
                error
                    .place()
                    .iter()
                    .for_each(|place| eprintln!("   at: {place}"));
                error
                    .help()
                    .iter()
                    .for_each(|help| eprintln!(" help: {help}\n"));
            }
        }
    }
}
