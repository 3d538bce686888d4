//! The weather task on made-up stations: where only memory helps, it has to show.

mod support;

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use support::{json, refused, succeed};

fn report(folder: &Path, run: &str) -> Value {
    json(folder.join(run).join("report.json"))
}

/// Two stations. It rains on a day when the afternoon `lag` days before was damp, and dampness comes
/// as if by chance.
fn observations(days: i64, lag: i64) -> String {
    let mut table =
        "Date,Location,MinTemp,MaxTemp,Temp9am,Temp3pm,Humidity9am,Humidity3pm,RainToday,\
                     RainTomorrow\n"
            .to_string();
    for station in ["North", "South"] {
        let damp = |day: i64| {
            // SplitMix64.
            let at = (day + 10) as u64 * 2 + u64::from(station == "North");
            let mut mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) & 1 == 1
        };
        let rain = |day: i64| if damp(day - lag) { "Yes" } else { "No" };
        let first = jiff::civil::date(2010, 1, 1);
        for day in 0..days {
            let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let humidity = if damp(day) { 80 } else { 40 } + day % 7;
            // One cell in fifty is missing.
            let morning = match day % 50 {
                17 => "NA".to_string(),
                _ => (60 + day % 5).to_string(),
            };
            writeln!(
                table,
                "{date},{station},10,20,14,{},{morning},{humidity},{},{}",
                18 + day % 3,
                rain(day),
                rain(day + 1)
            )
            .unwrap();
        }
    }
    table
}

const SMALL: [&str; 10] = [
    "--set",
    "repeats=2",
    "--set",
    "lookback=6",
    "--set",
    "learning_rate=0.01",
    "--set",
    "dropout=0",
    "--seed",
    "3",
];

fn run<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let base = ["run", "weather", "--data", ".", "--plain", "--out", out];
    [&base[..], &SMALL, more].concat()
}

#[test]
fn what_memory_buys_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("weatherAUS.csv"), observations(900, 3)).unwrap();
    succeed(at, &run("run", &[]));
    let said = report(at, "run");
    let of = |name: &str| said["metrics"][name].as_f64().unwrap();
    assert!(of("accuracy") > 0.95, "{said}");
    assert!(of("brier_skill") > 0.7, "{said}");
    assert!(of("memory_brier_skill") > 0.7, "{said}");
    assert!(said["intervals"]["memory_brier_skill"][0].as_f64().unwrap() > 0.5);
    for blind in ["memoryless", "climatology", "persistence"] {
        let accuracy = said["baselines"][blind]["accuracy"].as_f64().unwrap();
        assert!(accuracy < 0.65, "{blind}: {said}");
    }
    for seeing in ["elman", "gru"] {
        let accuracy = said["baselines"][seeing]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.8, "{seeing}: {said}");
    }
    let page = std::fs::read_to_string(at.join("run/report.html")).unwrap();
    assert!(page.contains("What memory buys") && page.contains("Reliability of lstm"));

    // The same seed gives the same run.
    succeed(at, &run("again", &[]));
    assert_eq!(report(at, "again")["metrics"], said["metrics"]);

    // The file once more, as if it were new: all its windows are tested.
    let all = [
        "evaluate",
        "--model",
        "run",
        "--input",
        "weatherAUS.csv",
        "--out",
        "new",
    ];
    succeed(at, &all);
    let new = report(at, "new");
    assert!(new["metrics"]["accuracy"].as_f64().unwrap() > 0.95, "{new}");
    assert_eq!(new["data"]["test_items"], 2 * (900 - 5));

    // Tomorrow need not be known to be asked for.
    let header_and_days: Vec<String> = observations(900, 3)
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_string())
        .collect();
    std::fs::write(at.join("days.csv"), header_and_days.join("\n")).unwrap();
    let ask = ["predict", "--model", "run", "--input", "days.csv", "--json"];
    let answer: Value = serde_json::from_str(&succeed(at, &ask)).unwrap();
    let forecasts = answer["forecasts"].as_array().unwrap();
    assert_eq!(forecasts.len(), 2);
    assert_eq!(forecasts[0]["date"], "2012-06-19");
    assert!(forecasts[0]["members"]["elman"].is_number());
    let said = succeed(at, &ask[..5]);
    assert!(
        said.contains("North") && said.contains("memoryless"),
        "{said}"
    );
}

#[test]
fn where_today_tells_all_memory_buys_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("weatherAUS.csv"), observations(700, 1)).unwrap();
    for missing in ["forward-fill", "drop-row", "mean"] {
        let setting = format!("missing={missing}");
        succeed(
            at,
            &run(missing, &["--set", &setting, "--set", "member=gru"]),
        );
        let said = report(at, missing);
        let plain = said["baselines"]["memoryless"]["accuracy"]
            .as_f64()
            .unwrap();
        assert!(plain > 0.95, "{missing}: {said}");
        let gained = said["metrics"]["memory_accuracy"].as_f64().unwrap();
        assert!(gained.abs() < 0.05, "{missing}: {said}");
    }
}

#[test]
fn bad_observations_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let said = refused(at, &run("x", &[]));
    assert!(said.contains("weather/weatherAUS.csv"), "{said}");
    let good = observations(300, 3);
    let file = at.join("weatherAUS.csv");
    let with = |bad: &str, said_of: [&str; 3]| {
        std::fs::write(&file, bad).unwrap();
        let said = refused(at, &run("x", &[]));
        for part in said_of {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(
            !at.join("x").exists(),
            "nothing is left of a run that did not begin"
        );
    };
    let maybe = good.replacen(",Yes\n", ",Maybe\n", 1);
    with(
        &maybe,
        ["\"Maybe\" is not yes or no", "row ", "RainTomorrow"],
    );
    let damp = good.replacen(",14,18,60,", ",14,18,6o,", 1);
    with(&damp, ["\"6o\" is not a number", "row 2", "Humidity9am"]);
    let short: Vec<&str> = good.lines().take(12).collect();
    with(&short.join("\n"), ["error: ", "help: ", "lookback"]);
    let none = good.replace("Humidity3pm", "Humidity4pm");
    with(
        &none,
        ["no column named humidity3pm", "row 1", "the columns are"],
    );
    let said = refused(at, &run("x", &["--set", "lookback=0"]));
    assert!(said.contains("choose lookback from 1"), "{said}");
}
