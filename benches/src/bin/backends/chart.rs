//! The table as a picture: one bar a backend.

use super::Row;
use rekindle_report::{Bar, Chart, ChartKind};
use std::path::Path;

/// Writes the geometric mean of every backend's ratios as SVG.
pub fn write(rows: &[Row], path: &Path) -> Result<(), String> {
    let mut backends: Vec<&str> = Vec::new();
    for row in rows {
        if !backends.contains(&row.backend.as_str()) {
            backends.push(&row.backend);
        }
    }
    let bars = backends.into_iter().map(|backend| {
        let ratios = rows.iter().filter(|row| row.backend == backend);
        let logs: Vec<f64> = ratios.map(|row| row.ratio.ln()).collect();
        Bar {
            name: backend.to_string(),
            value: (logs.iter().sum::<f64>() / logs.len() as f64).exp(),
            lower: logs.iter().copied().reduce(f64::min).map(f64::exp),
            upper: logs.iter().copied().reduce(f64::max).map(f64::exp),
            emphasis: false,
        }
    });
    let chart = Chart {
        title: "Time against the fastest backend of each row".to_string(),
        caption: "Geometric mean over the rows a backend runs; the line spans its rows."
            .to_string(),
        kind: ChartKind::Bars {
            y_label: "times the fastest".to_string(),
            bars: bars.collect(),
            zero_line: false,
        },
    };
    std::fs::write(path, chart.to_svg()).map_err(|error| format!("{}: {error}", path.display()))
}
