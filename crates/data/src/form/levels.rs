//! Headers of three rows, as pandas writes the tables of yfinance.

use super::layout::{Unreadable, texts};
use crate::printable::printable_line;

/// The two rows of names; the third names the column of days.
#[derive(Debug)]
pub(super) struct Levels {
    /// What a column holds: `Close`, `Volume`.
    prices: Vec<String>,
    /// Whose it is.
    tickers: Vec<String>,
    day: String,
}

/// The header of three rows that a table begins with, if it has one.
pub(super) fn find(all: &[csv::ByteRecord]) -> Option<Levels> {
    let [first, second, third, ..] = all else {
        return None;
    };
    let (first, second, third) = (texts(first), texts(second), texts(third));
    let width = first.len();
    let even = width > 1 && second.len() == width && third.len() == width;
    let day = third.first().filter(|name| {
        ["date", "datetime", "timestamp"]
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
    })?;
    if !even || third[1..].iter().any(|name| !name.is_empty()) {
        return None;
    }
    let day = day.clone();
    let is_ticker = |names: &[String]| names[0].eq_ignore_ascii_case("ticker");
    let (mut prices, mut tickers) = match is_ticker(&first) {
        true => (second, first),
        false => (first, second),
    };
    prices.remove(0);
    tickers.remove(0);
    Some(Levels {
        prices,
        tickers,
        day,
    })
}

impl Levels {
    /// What was assumed.
    pub(super) fn note(&self) -> String {
        let ticker = self.tickers.first().map_or("", String::as_str);
        format!(
            "the header has three rows, as yfinance writes it for {}",
            printable_line(ticker)
        )
    }

    /// The names of the columns, unless several tickers stand side by side.
    pub(super) fn names(&self, row: u64) -> Result<Vec<String>, Unreadable> {
        let mut tickers = self.tickers.clone();
        tickers.dedup();
        if tickers.len() > 1 {
            tickers.truncate(3);
            let what = format!(
                "the columns of several tickers stand side by side ({}, …), under three rows of names",
                tickers.join(", ")
            );
            let help = "put them below each other: in Python, \
                        `data.stack(level=\"Ticker\", future_stack=True).reset_index().to_csv(\"table.csv\", index=False)`";
            return Err((what, row, help.to_string()));
        }
        Ok([vec![self.day.clone()], self.prices.clone()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::super::delimiter::{Cells, records};
    use super::*;

    fn levels(text: &str) -> Option<Levels> {
        let cells = Cells {
            delimiter: b',',
            quoting: true,
        };
        find(&records(text.as_bytes(), true, cells))
    }

    #[test]
    fn three_rows_of_names_are_one_header() {
        for text in [
            "Price,Close,Volume\nTicker,AAA,AAA\nDate,,\n2018-01-01,1,2\n",
            "Ticker,AAA,AAA\nPrice,Close,Volume\nDate,,\n2018-01-01,1,2\n",
        ] {
            let found = levels(text).expect("three rows");
            assert_eq!(
                found.names(1).expect("one ticker"),
                ["Date", "Close", "Volume"]
            );
            assert!(found.note().contains("AAA"));
        }
        assert!(levels("Date,Close\n2018-01-01,1\n2018-01-02,2\n").is_none());
        assert!(levels("a,b\n,\ndate,\n").is_some());
    }

    #[test]
    fn several_tickers_are_refused() {
        let found = levels("Price,Close,Close\nTicker,AAA,BBB\nDate,,\n").expect("three rows");
        let (what, row, help) = found.names(1).expect_err("two tickers");
        assert!(what.contains("AAA, BBB") && row == 1, "{what}");
        assert!(help.contains("stack(level=\"Ticker\""), "{help}");
    }
}
