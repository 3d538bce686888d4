//! Columns by name.

use super::CsvTable;
use crate::error::{DataError, Result};

/// Names of a column that an error shows.
const MOST_ALIASES: usize = 3;

impl CsvTable {
    /// The column with one of these names; case and blanks around a name do not count.
    ///
    /// The first alias that is there is taken.
    ///
    /// # Errors
    /// When there is none, with the columns that are there, or when two have that name.
    pub fn column(&self, aliases: &[&str]) -> Result<usize> {
        let Some(column) = self.optional_column(aliases) else {
            // Of many names the first is the one to write.
            let shown = if aliases.len() > MOST_ALIASES {
                &aliases[..1]
            } else {
                aliases
            };
            let what = format!("there is no column named {}", shown.join(" or "));
            let help = self.columns_that_are_there(aliases);
            let place = self.place(self.header_row, None);
            return Err(DataError::content(what, place, help));
        };
        self.refuse_twin(column)?;
        Ok(column)
    }

    /// The column with one of these names, if there is one; the first, if there are two.
    pub fn optional_column(&self, aliases: &[&str]) -> Option<usize> {
        aliases.iter().find_map(|alias| {
            let alias = alias.trim();
            self.header.iter().position(|name| same_name(name, alias))
        })
    }

    /// Fails when another column has the same name.
    pub(crate) fn refuse_twin(&self, column: usize) -> Result<()> {
        let name = &self.header[column];
        let twins = self.header.iter().filter(|other| same_name(other, name));
        if twins.count() < 2 {
            return Ok(());
        }
        let place = self.place(self.header_row, None);
        let help = "rename one of them";
        let what = format!("two columns are named {name}");
        Err(DataError::content(what, place, help))
    }
}

/// A name without blanks and byte order mark around it.
pub(super) fn column_name(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    text.trim().trim_start_matches('\u{feff}').trim().to_owned()
}

/// Whether two names are the same; case and blanks around them do not count.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}
