//! Runs whose settings were changed by hand, checksums removed: answered or refused, never a panic, an abort
//! or a hang.

use crate::cases::{CASES, data};
use crate::support::program;
use crate::{Random, is_long, report};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest time an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries of each file in the short form.
const FEW: usize = 5;

/// What stands in place of a value.
fn others(value: &Value) -> Vec<Value> {
    let texts = match value {
        Value::Number(_) => "0 -1 1 0.5 3 1000 1000000000000000000 1e308 -1e308 1e-320 null \"x\"",
        Value::String(_) => "\"\" \"x\" 1 [] null \"9999-12-31\" \"-1\"",
        Value::Array(_) => "[] null [0] {}",
        Value::Object(_) => "{} null []",
        Value::Bool(_) => "true false 1",
        Value::Null => "0 1 {} [] [0,1]",
    };
    let values = texts.split(' ').map(serde_json::from_str);
    values.collect::<Result<_, _>>().expect("JSON")
}

/// Number of values below this one, itself included; `change` is applied to the one with this number.
fn walk(value: &mut Value, at: &mut usize, change: &mut dyn FnMut(&mut Value, usize)) {
    let number = *at;
    *at += 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, at, change)),
        Value::Object(map) => map.values_mut().for_each(|item| walk(item, at, change)),
        _ => {}
    }
    change(value, number);
}

/// A JSON text with one value changed.
fn edited_json(text: &str, random: &mut Random) -> String {
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    let mut count = 0;
    walk(&mut value, &mut count, &mut |_, _| {});
    // The first ones are not as many as the numbers of the longest list.
    let at = match random.below(2) {
        0 => random.below(count.min(40)),
        _ => random.below(count),
    };
    walk(&mut value, &mut 0, &mut |value, number| {
        if number == at {
            let mut others = others(value);
            *value = others.swap_remove(random.below(others.len()));
        }
    });
    value.to_string()
}

/// A TOML text with the value of one line changed.
fn edited_toml(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let with_value: Vec<usize> = (0..lines.len())
        .filter(|&at| lines[at].contains(" = "))
        .collect();
    let at = with_value[random.below(with_value.len())];
    let (key, value) = lines[at].split_once(" = ").expect("it has one");
    let value = serde_json::from_str(value).unwrap_or(Value::from(1));
    let mut others = others(&value);
    others.retain(|other| !other.is_null() && !other.is_object());
    let other = others.swap_remove(random.below(others.len()));
    lines[at] = format!("{key} = {other}");
    lines.join("\n") + "\n"
}

/// Runs a command that may take a while but not for ever, in 16 GB of addresses.
fn ends(command: &Command, what: &str) {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 16000000 2>/dev/null; exec \"$@\"", "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(command.get_current_dir().expect("a folder"));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let mut child = limited
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let started = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().expect("killed");
            panic!("{what}: no answer in {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("it ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(output.status.code(), Some(0..=2)),
        "{what}: {:?} {said}",
        output.status
    );
    assert!(!said.contains("panicked"), "{what}: {said}");
}

#[test]
fn settings_changed_by_hand_are_answered_or_refused() {
    let folder = data();
    let at = folder.path();
    let mut random = Random::new(5);
    std::fs::copy(crate::damage::sample(), at.join("sample.csv")).expect("copied");
    for case in &CASES {
        case.finish(at, "run", false);
        let run = at.join("run");
        std::fs::remove_file(run.join("SHA256SUMS")).expect("removed");
        let mut args = vec!["predict", "--json", "--model", "run"];
        args.extend(match case.ask.is_empty() {
            true => &["--input", "sample.csv"],
            false => case.ask,
        });
        let mut times = 0;
        for file in ["config.toml", "inference.json", "baselines.json"] {
            let path = run.join(file);
            let Ok(whole) = std::fs::read_to_string(&path) else {
                continue;
            };
            for _ in 0..if is_long() { 40 } else { FEW } {
                let edited = match is_toml(&path) {
                    true => edited_toml(&whole, &mut random),
                    false => edited_json(&whole, &mut random),
                };
                std::fs::write(&path, &edited).expect("written");
                let what = format!("{} with {}", case.task, difference(&whole, &edited, file));
                ends(&program(at, &args), &what);
                times += 1;
            }
            std::fs::write(&path, &whole).expect("written");
        }
        std::fs::remove_dir_all(&run).expect("removed");
        let what = format!("a setting of a run changed by hand, {}", case.task);
        report(&what, times, "answered or refused");
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// The line that changed, or the start of a document on one line.
fn difference(whole: &str, edited: &str, file: &str) -> String {
    match file {
        "config.toml" => {
            let lines = whole.lines().zip(edited.lines());
            let mut changed = lines.filter(|(before, after)| before != after);
            changed
                .next()
                .map_or(String::new(), |(_, after)| after.to_string())
        }
        _ => {
            let mut values =
                [whole, edited].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
            let mut all = [Vec::new(), Vec::new()];
            for (value, all) in values.iter_mut().zip(&mut all) {
                walk(value, &mut 0, &mut |value, _| all.push(value.to_string()));
            }
            let pairs = all[0].iter().zip(&all[1]);
            let mut changed = pairs.filter(|(before, after)| before != after);
            let changed = changed
                .next()
                .map(|(before, after)| format!("{before:.80} → {after:.80}"));
            format!("{file}: {}", changed.unwrap_or_default())
        }
    }
}
