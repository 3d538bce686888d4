//! `texts` under libFuzzer.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(target) = rekindle_fuzz::find("texts") {
        (target.run)(bytes);
    }
});
