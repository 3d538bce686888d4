//! Times reading a price panel: `cargo run --release --example load_prices -- prices.csv.xz`.

use rekindle_data::{Check, ColumnSpec, MissingPolicy, SeriesSpec, SeriesTable, open};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give a file with prices")?;
    let path = Path::new(&path);
    let column = |name: &str, missing| ColumnSpec {
        name: name.to_string(),
        aliases: vec![name.to_string()],
        missing,
        check: Check::NonNegative,
        required: true,
    };
    let mut columns = vec![column("close", MissingPolicy::DropRow)];
    columns.extend(["open", "high", "low", "volume"].map(|name| column(name, MissingPolicy::Keep)));
    let spec = SeriesSpec {
        date_aliases: vec!["date".to_string()],
        series_aliases: Some(vec!["symbol".to_string()]),
        columns,
        max_gap_days: 5,
        only: None,
        limit: None,
        date_format: None,
    };

    let start = Instant::now();
    let bytes = std::io::copy(&mut open(path)?, &mut std::io::sink())?;
    println!(
        "decoding alone: {bytes} bytes in {:.3} s",
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let (_, summary) = SeriesTable::read(path, &spec)?;
    println!(
        "decoding and reading: {:.3} s",
        start.elapsed().as_secs_f64()
    );
    summary.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}
