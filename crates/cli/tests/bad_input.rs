//! What the user sees when something is wrong: exit code 2 and three lines, never a panic.

use insta::assert_snapshot;
use std::path::Path;
use std::process::Command;

/// Runs `rekindle` in `folder`; its exit code and what it wrote to stderr.
fn rekindle(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rekindle"))
        .args(args)
        .current_dir(folder)
        .env("REKINDLE_OFFLINE", "1")
        .env_remove("REKINDLE_DATA")
        .env_remove("XDG_CACHE_HOME")
        .env("HOME", folder)
        .output()
        .expect("the binary starts");
    let code = output.status.code().expect("it ends by itself");
    let stderr = String::from_utf8(output.stderr).expect("its messages are text");
    assert!(!stderr.contains("panicked"), "{stderr}");
    let cache = stderr.replace(&format!("{}/", folder.display()), "");
    format!("exit {code}\n{}", cache.trim_end())
}

fn run(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    rekindle(folder.path(), &[&["run", "stock-forecast"], args].concat())
}

/// Runs on Tata files whose training file is `text`; no run directory may be left behind.
fn run_on(text: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let test = "Date,Open,High,Low,Last,Close,Total Trade Quantity,Turnover (Lacs)\n\
                2018-10-01,1,1,1,1,1,1,1\n";
    std::fs::write(folder.path().join("tatatest.csv"), test).unwrap();
    std::fs::write(folder.path().join("NSE-TATAGLOBAL.csv"), text).unwrap();
    let args = ["run", "stock-forecast", "--data", ".", "--out", "out"];
    let message = rekindle(folder.path(), &args);
    assert!(
        !folder.path().join("out").exists(),
        "nothing is left of a run that did not begin"
    );
    message
}

#[test]
fn unknown_names() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!(rekindle(folder.path(), &["run", "nope"]), @r"
    exit 2
    error: there is no task named nope
     help: the tasks are: stock-forecast, news, imdb, quora, weather, memory, classify, forecast, translate; a file ends in .toml
    ");
    assert_snapshot!(rekindle(folder.path(), &["data", "fetch", "nope"]), @r"
    exit 2
    error: there is no data set named nope
     help: the data sets are: glove, imdb, mnist, multi30k, nse-tata, prices, quora, sp500, uci-news, weather
    ");
    assert_snapshot!(run(&["--backend", "nope"]), @r"
    exit 2
    error: there is no backend named nope
     help: the backends are: flex, ndarray, tch, tch-cuda, cuda, wgpu; this build has: flex
    ");
    assert_snapshot!(run(&["--backend", "cuda"]), @r"
    exit 2
    error: the backend cuda is not built into this program
     help: this build has: flex; `rekindle doctor` says more
    ");
}

#[test]
fn absurd_settings() {
    assert_snapshot!(run(&["--set", "nope=1"]), @r"
    exit 2
    error: there is no setting named nope
     help: the settings are: ahead, average, batch_size, cell, checkpoint_minutes, clip_norm, d_hidden, dataset, date_format, dropout, epochs, folds, head, horizon, learning_rate, lookback, num_layers, patience, precision, rate, scaler, strategy, symbols, target, test, valid, weight_decay, windows_per_epoch
    ");
    assert_snapshot!(run(&["--set", "lookback"]), @r"
    exit 2
    error: invalid value 'lookback' for '--set <KEY=VALUE>': write it as key=value

    For more information, try '--help'.
    ");
    assert_snapshot!(run(&["--set", "lookback=abc"]), @r#"
    exit 2
    error: the setting lookback wants a whole number, not negative, not "abc"
     help: the default is lookback=60
    "#);
    assert_snapshot!(run(&["--set", "lookback=0"]), @r"
    exit 2
    error: the setting lookback=0 is out of range
     help: choose lookback from 2 to 1000
    ");
    assert_snapshot!(run(&["--set", "horizon=99999999"]), @r"
    exit 2
    error: the setting horizon=99999999 is out of range
     help: choose horizon from 1 to 250
    ");
    assert_snapshot!(run(&["--set", "learning_rate=inf"]), @r#"
    exit 2
    error: the setting learning_rate wants a number, not "inf"
     help: the default is learning_rate=0.002
    "#);
    assert_snapshot!(run(&["--set", "cell=foo"]), @r"
    exit 2
    error: the setting cell=foo is not a value it takes
     help: choose cell among: elman, elman-relu, lstm, lstm-peephole, lstm-peephole-full, gru, gru-reset-before
    ");
    assert_snapshot!(run(&["--set", "lookback=1000", "--limit", "900"]), @r"
    exit 2
    error: the data have too few days for this split
     help: use more rows, or smaller --set lookback, horizon or folds
    ");
    assert_snapshot!(run(&["--set", "symbols=AAPL"]), @r"
    exit 2
    error: symbols can be chosen from the panel alone
     help: add --set dataset=panel
    ");
    assert_snapshot!(run(&["--epochs", "0"]), @r"
    exit 2
    error: invalid value '0' for '--epochs <N>': 0 is not in 1..=4294967295

    For more information, try '--help'.
    ");
}

#[test]
fn files_that_are_not_there() {
    assert_snapshot!(run(&["--data", "nowhere"]), @r"
    exit 2
    error: cannot find the Tata Global data: stock/NSE-TATAGLOBAL.csv (or .gz, .xz, .zst)
       at: looked in nowhere
     help: give its folder with --data DIR; `rekindle data list` says where it comes from
    ");
    assert_snapshot!(run(&["--set", "dataset=panel"]), @r"
    exit 2
    error: cannot find the price panel: stock/prices.csv (or .gz, .xz, .zst)
       at: looked in .cache/rekindle
     help: give its folder with --data DIR; `rekindle data list` says where it comes from
    ");
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!(rekindle(folder.path(), &["evaluate", "--model", "gone", "--input", "x"]), @r"
    exit 2
    error: there is no such run
       at: gone
     help: give the folder of a finished run, as `run` printed it
    ");
    assert_snapshot!(rekindle(folder.path(), &["predict", "--model", ".", "--input", "x"]), @r"
    exit 2
    error: this folder holds no run
       at: .
     help: give the folder of a finished run, as `run` printed it
    ");
    assert_snapshot!(run(&["--resume", "--out", "gone"]), @r"
    exit 2
    error: there is no run to go on with
       at: gone
     help: leave --resume out to start one there
    ");
}

#[test]
fn outputs_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let args = |out| {
        [
            "run",
            "stock-forecast",
            "--set",
            "dataset=sample",
            "--out",
            out,
        ]
    };
    assert_snapshot!(rekindle(folder.path(), &args("file/out")), @r"
    exit 2
    error: cannot write to the output folder: not a directory
       at: file/out
     help: choose another --out folder
    ");
    assert_snapshot!(rekindle(folder.path(), &args(".")), @r"
    exit 2
    error: the output folder is not empty
       at: .
     help: choose another --out, or add --resume to go on with the run in it
    ");
}

#[test]
fn bad_tables() {
    assert_snapshot!(run_on(""), @r"
    exit 2
    error: the file is empty
       at: ./NSE-TATAGLOBAL.csv
     help: the first line must name the columns
    ");
    assert_snapshot!(run_on("Date,Close\n"), @r"
    exit 2
    error: the file has a header and no rows
       at: ./NSE-TATAGLOBAL.csv
     help: give a file with rows of data
    ");
    assert_snapshot!(run_on("Date,Klose\n2018-01-01,1\n"), @r"
    exit 2
    error: there is no column named close
       at: ./NSE-TATAGLOBAL.csv, row 1
     help: did you mean Klose? the columns are: Date, Klose
    ");
    assert_snapshot!(run_on("Date,Close\n2018-01-01,abc\n"), @r#"
    exit 2
    error: "abc" is not a number
       at: ./NSE-TATAGLOBAL.csv, row 2, column Close
     help: correct the cell, or leave it empty if the value is not known
    "#);
    assert_snapshot!(run_on("Date,Close\n2018-01-01,5\n"), @r"
    exit 2
    error: the test file has 1 day, and a forecast is for 5
       at: ./tatatest.csv
     help: use a file with more days, or a smaller --set horizon
    ");
    assert_snapshot!(run_on("Date,Close\n2018-01-01,5\n2018-01-01,6\n"), @r"
    exit 2
    error: rows 2 and 3 give different values for 2018-01-01
       at: ./NSE-TATAGLOBAL.csv, row 3, column Date
     help: keep one of the two rows
    ");
    assert_snapshot!(run_on("Date,Close\n2018-01-01,NaN\n"), @r"
    exit 2
    error: no row has a value in column Close
       at: ./NSE-TATAGLOBAL.csv
     help: give a file with values in it
    ");
    assert_snapshot!(run_on("Date,Close\n2018-01-01,inf\n"), @r#"
    exit 2
    error: "inf" is not a finite number
       at: ./NSE-TATAGLOBAL.csv, row 2, column Close
     help: correct the cell, or leave it empty if the value is not known; returns are of values above zero
    "#);
    assert_snapshot!(run_on("Date,Close\n2018-01-01,0\n"), @r#"
    exit 2
    error: "0" is not above zero
       at: ./NSE-TATAGLOBAL.csv, row 2, column Close
     help: correct the cell, or leave it empty if the value is not known; returns are of values above zero
    "#);
    assert_snapshot!(run_on("Date,Close\n01.02.2018,3\n"), @r#"
    exit 2
    error: the test file has 1 day, and a forecast is for 5
       at: ./tatatest.csv
     help: use a file with more days, or a smaller --set horizon
    "#);
    assert_snapshot!(run_on("Date,Close\n2018-01-01,3,4\n"), @r"
    exit 2
    error: the row has 3 cells, the header has 2
       at: ./NSE-TATAGLOBAL.csv, row 2
     help: correct the row; a cell with a comma in it must be quoted
    ");
}

#[test]
fn devices_that_cannot_be() {
    let said = run(&["--devices", "0,gpu:4000"]);
    let what = "invalid value 'gpu:4000' for '--devices <LIST>': write a device as its number, or as \
                HOST:PORT/NUMBER of a worker";
    assert!(
        said.starts_with("exit 2\n") && said.contains(what),
        "{said}"
    );
}

#[test]
#[cfg(not(feature = "remote"))]
fn workers_of_a_build_without_them() {
    assert_snapshot!(run(&["--devices", "gpu:4000/0"]), @r"
    exit 2
    error: this program reaches no workers, such as gpu:4000/0
     help: build it with --features remote
    ");
}
