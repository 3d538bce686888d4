//! Where the prices come from.

use super::config::{DatasetChoice, StockConfig};
use crate::catalogue;
use crate::data_dirs::DataDirs;
use crate::error::{Result, TaskError};
use jiff::civil::Date;
use rekindle_data::{Check, ColumnSpec, LoadSummary, MissingPolicy, SeriesSpec, SeriesTable};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Calendar days without a row that are reported as a gap: longer than a long weekend.
const MAX_GAP_DAYS: i32 = 5;
const TATA: [&str; 2] = ["stock/NSE-TATAGLOBAL.csv", "stock/tatatest.csv"];
const PANEL: &str = "stock/prices.csv";

/// The form of a price file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One series.
    Single,
    /// A symbol a row.
    Panel,
}

/// Prices and where they came from.
pub struct Prices {
    /// Open, high, low, close, volume by day.
    pub table: SeriesTable,
    /// In words.
    pub source: String,
    /// One or many series.
    pub form: Form,
    /// What was read, file by file.
    pub summaries: Vec<LoadSummary>,
    /// First day of the test part, if a file of its own says so.
    pub test_from: Option<Date>,
    /// The 16 days in one go are asked for.
    pub ahead: bool,
    /// What the user should know.
    pub notes: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// Finds and reads the prices the settings ask for.
pub fn load(config: &StockConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Prices> {
    match config.dataset {
        DatasetChoice::Tata => match found_or_downloaded(dirs) {
            Ok(Some(paths)) => tata(&paths, limit),
            Ok(None) | Err(_) => Err(dirs.missing("the Tata Global data", TATA[0])),
        },
        DatasetChoice::Panel => {
            let [path] = dirs
                .find([PANEL])
                .ok_or_else(|| dirs.missing("the price panel", PANEL))?;
            panel(&path, config, limit)
        }
        DatasetChoice::Sample => sample(limit, Vec::new()),
        DatasetChoice::Auto => match found_or_downloaded(dirs) {
            Ok(Some(paths)) => tata(&paths, limit),
            Ok(None) => Err(dirs.missing("the Tata Global data", TATA[0])),
            Err(error) => {
                let note = format!(
                    "The Tata Global files were not found and could not be downloaded ({error}); \
                     this run is on the embedded sample. Give their folder with --data DIR."
                );
                sample(limit, vec![note])
            }
        },
    }
}

/// The Tata files; none when the user named a folder that has none, an error when the download
/// failed.
fn found_or_downloaded(dirs: &DataDirs) -> Result<Option<[PathBuf; 2]>> {
    if let Some(paths) = dirs.find(TATA) {
        return Ok(Some(paths));
    }
    if dirs.explicit.is_some() {
        return Ok(None);
    }
    dirs.download("nse-tata")?;
    Ok(dirs.find(TATA))
}

fn tata(paths: &[PathBuf; 2], limit: Option<usize>) -> Result<Prices> {
    let (train, train_summary) = SeriesTable::read(&paths[0], &spec(Form::Single, None, limit))?;
    let (test, test_summary) = SeriesTable::read(&paths[1], &spec(Form::Single, None, None))?;
    let test_from = test.dates().first().copied();
    Ok(Prices {
        table: train.append(&test)?,
        source: "Tata Global on NSE (NSE-TATAGLOBAL.csv, tatatest.csv)".to_string(),
        form: Form::Single,
        summaries: vec![train_summary, test_summary],
        test_from,
        ahead: true,
        notes: Vec::new(),
        files: paths.to_vec(),
    })
}

fn panel(path: &Path, config: &StockConfig, limit: Option<usize>) -> Result<Prices> {
    let only = symbols(&config.symbols)?;
    let (table, summary) = SeriesTable::read(path, &spec(Form::Panel, only, limit))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Prices {
        source: format!("{} symbols of {name}", table.n_series()),
        table,
        form: Form::Panel,
        summaries: vec![summary],
        test_from: None,
        ahead: false,
        notes: Vec::new(),
        files: vec![path.to_path_buf()],
    })
}

fn sample(limit: Option<usize>, mut notes: Vec<String>) -> Result<Prices> {
    let (table, summary) = SeriesTable::from_reader(
        catalogue::SP500,
        "sp500-2000.csv",
        &spec(Form::Single, None, limit),
    )?;
    notes.push("The embedded sample is the S&P 500 index, daily, 2000 to 2020.".to_string());
    Ok(Prices {
        table,
        source: "embedded sample: S&P 500 daily, 2000-01-03 to 2020-04-17".to_string(),
        form: Form::Single,
        summaries: vec![summary],
        test_from: None,
        ahead: false,
        notes,
        files: Vec::new(),
    })
}

/// Reads another file of the same form.
pub fn load_file(path: &Path, form: Form) -> Result<(SeriesTable, LoadSummary)> {
    Ok(SeriesTable::read(path, &spec(form, None, None))?)
}

/// `AAPL,MSFT`, or a file with one symbol a line.
fn symbols(text: &str) -> Result<Option<Vec<String>>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let path = Path::new(text);
    let list = if path.is_file() {
        std::fs::read_to_string(path).map_err(|error| TaskError::Usage {
            what: format!("cannot read the list of symbols: {error}"),
            place: Some(text.to_string()),
            help: "give a text file with one symbol a line".to_string(),
        })?
    } else {
        text.to_string()
    };
    let symbols: Vec<String> = list
        .split([',', '\n', ';'])
        .map(str::trim)
        .filter(|symbol| !symbol.is_empty())
        .map(str::to_string)
        .collect();
    if symbols.is_empty() {
        return Err(TaskError::usage(
            "the list of symbols is empty",
            "write --set symbols=AAPL,MSFT",
        ));
    }
    Ok(Some(symbols))
}

/// The columns of a price file.
pub fn spec(form: Form, only: Option<Vec<String>>, limit: Option<usize>) -> SeriesSpec {
    let column = |name: &str, aliases: &[&str], missing, check, required| ColumnSpec {
        name: name.to_string(),
        aliases: aliases.iter().map(|alias| alias.to_string()).collect(),
        missing,
        check,
        required,
    };
    let strings = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    use Check::{NonNegative, Positive};
    use MissingPolicy::{DropRow, Keep};
    SeriesSpec {
        date_aliases: strings(&["date"]),
        series_aliases: (form == Form::Panel).then(|| strings(&["symbol", "ticker", "name"])),
        columns: vec![
            column("open", &["open"], Keep, Positive, false),
            column("high", &["high"], Keep, Positive, false),
            column("low", &["low"], Keep, Positive, false),
            column("close", &["close"], DropRow, Positive, true),
            column(
                "volume",
                &["volume", "total trade quantity"],
                Keep,
                NonNegative,
                false,
            ),
        ],
        max_gap_days: MAX_GAP_DAYS,
        only,
        limit,
    }
}
