//! Several runs side by side.

use crate::error::Result;
use crate::run_dir::RunDir;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A table of the runs' figures, one column a run.
pub fn table(paths: &[PathBuf]) -> Result<String> {
    let mut runs = Vec::new();
    for path in paths {
        let run = RunDir::open(path)?;
        runs.push(run.read_report()?);
    }
    let mut rows: Vec<Vec<String>> = vec![
        row(
            "run",
            paths
                .iter()
                .map(|p| p.file_name().unwrap_or_default().to_string_lossy().into()),
        ),
        row("task", runs.iter().map(|run| run.task.clone())),
        row("backend", runs.iter().map(|run| run.backend.clone())),
        row("seed", runs.iter().map(|run| run.seed.to_string())),
        row("data", runs.iter().map(|run| run.data.source.clone())),
        row(
            "epochs",
            runs.iter().map(|run| run.train.epochs.to_string()),
        ),
        row(
            "seconds",
            runs.iter().map(|run| format!("{:.1}", run.train.seconds)),
        ),
        row(
            "samples/s",
            runs.iter()
                .map(|run| format!("{:.0}", run.train.samples_per_second)),
        ),
    ];
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
    for name in names {
        let cells = runs.iter().map(|run| match run.metrics.get(name) {
            Some(value) => format!("{value:.4}"),
            None => "-".to_string(),
        });
        rows.push(row(name, cells));
    }
    Ok(align(&rows))
}

fn row(label: &str, cells: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(label.to_string()).chain(cells).collect()
}

/// Pads cells so that columns line up: the first to the left, the others to the right.
pub fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            match column {
                0 => text += &format!("{cell:<width$}"),
                _ => text += &format!("  {cell:>width$}"),
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up() {
        let rows = [
            vec!["a".to_string(), "1".into()],
            vec!["long".to_string(), "22".into()],
        ];
        assert_eq!(super::align(&rows), "a      1\nlong  22\n");
    }
}
