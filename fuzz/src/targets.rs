//! What each target reads.

use rekindle_data::{
    Check, ColumnSpec, CsvTable, Embeddings, GapPolicy, Images, Manifest, MissingPolicy, PairSpec,
    Pairs, SeriesSpec, SeriesTable, TableOptions, TextSpec, TextTable, TimelineSpec, TokenCounter,
    profile, read_times,
};
use rekindle_train::settings;
use std::path::Path;

/// Bytes as a file with a name.
fn as_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let path = folder.path().join(name);
    if std::fs::write(&path, bytes).is_ok() {
        read(&path);
    }
}

/// Any table, row by row, and its profile.
pub fn tables(bytes: &[u8]) {
    as_file("table.csv", bytes, |path| {
        if let Ok(mut table) = CsvTable::open_found(path, &TableOptions::default()) {
            let mut record = Default::default();
            while let Ok(true) = table.read_record(&mut record) {}
        }
        let _ = profile(path);
    });
}

/// Daily prices, of one series and of many.
pub fn prices(bytes: &[u8]) {
    as_file("prices.csv", bytes, |path| {
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        let column = |name: &str, required| ColumnSpec {
            name: name.to_string(),
            aliases: names(&[name]),
            missing: if required {
                MissingPolicy::DropRow
            } else {
                MissingPolicy::Keep
            },
            check: Check::Positive,
            required,
        };
        for series in [None, Some(names(&["symbol", "ticker"]))] {
            let spec = SeriesSpec {
                date_aliases: names(&["date"]),
                series_aliases: series,
                columns: vec![column("close", true), column("volume", false)],
                max_gap_days: 5,
                only: None,
                limit: None,
            };
            let _ = SeriesTable::read(path, &spec);
        }
    });
}

/// Series of any frequency.
pub fn timelines(bytes: &[u8]) {
    as_file("series.csv", bytes, |path| {
        let spec = TimelineSpec::default();
        if let Ok(rows) = read_times(path, &spec) {
            let _ = rows.assemble(GapPolicy::default(), None, None);
        }
    });
}

/// Texts with labels.
pub fn texts(bytes: &[u8]) {
    as_file("texts.csv", bytes, |path| {
        let label = Some(vec!["label".to_string()]);
        let spec = TextSpec {
            label,
            others: true,
            ..TextSpec::default()
        };
        let _ = TextTable::read(path, &spec);
        let _ = TextTable::read(path, &TextSpec::default());
    });
}

/// Pairs of texts.
pub fn pairs(bytes: &[u8]) {
    as_file("pairs.tsv", bytes, |path| {
        if let Ok(mut pairs) = Pairs::read(path, &PairSpec::default()) {
            let _ = pairs.hold_out(0.1, 0.1, 1);
        }
    });
}

/// Manifests of data sets.
pub fn manifests(bytes: &[u8]) {
    let _ = Manifest::parse(&String::from_utf8_lossy(bytes));
}

/// Token vectors, as text and as word2vec's binary form.
pub fn vectors(bytes: &[u8]) {
    let mut counter = TokenCounter::default();
    counter.add(&[["the", "cat"]]);
    let vocabulary = counter.vocabulary(1, None);
    for name in ["vectors.txt", "vectors.bin"] {
        as_file(name, bytes, |path| {
            let _ = Embeddings::read(path, &vocabulary, 1);
        });
    }
}

fn weights(name: &str, bytes: &[u8]) {
    as_file(name, bytes, |path| {
        let _ = rekindle_weights::read(path);
    });
}

/// Weights as safetensors.
pub fn safetensors(bytes: &[u8]) {
    weights("weights.safetensors", bytes);
}

/// Weights as PyTorch writes them.
pub fn pt(bytes: &[u8]) {
    weights("weights.pt", bytes);
}

/// Weights as NumPy writes them.
pub fn npz(bytes: &[u8]) {
    weights("weights.npz", bytes);
}

/// Images of digits.
pub fn idx(bytes: &[u8]) {
    as_file("images-idx3-ubyte", bytes, |path| {
        let _ = Images::read(path, None, None);
    });
}

/// Task files, and what `--set` says: the lines after `--set`, as `name=value`.
pub fn task_files(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (file, set) = text.split_once("--set").unwrap_or((&text, ""));
    if let Ok(file) = settings::TaskFile::parse(file, "task.toml")
        && let Ok(task) = rekindle_tasks::registry::of_file(file)
    {
        let _ = task.settings();
    }
    let set = set.lines().filter_map(|line| line.split_once('='));
    let set: Vec<_> = set
        .map(|(name, value)| (name.trim().to_string(), value.to_string()))
        .collect();
    let defaults = rekindle_tasks::classify::ClassifySettings::default();
    let _ = settings::change(defaults, &set);
    let defaults = rekindle_tasks::forecast::ForecastConfig::default();
    let _ = settings::change(defaults, &set);
}
