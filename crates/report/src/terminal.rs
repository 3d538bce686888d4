//! A heat map in a terminal.

use crate::HeatMap;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Shades from nothing to all.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
/// Widest name of a row, in columns of the terminal.
const NAME: usize = 24;
/// A ramp of xterm's 256 colours, from a dark blue to a light one.
const COLOURS: [u8; 6] = [17, 18, 25, 32, 75, 117];

impl HeatMap {
    /// The map as lines of text: names of the columns stand above each other with a line down to
    /// their column, two characters wide; shades are blocks, on coloured ground where `colour` is set.
    pub fn to_terminal(&self, colour: bool) -> String {
        let widest = self.rows.iter().map(|name| name.width()).max().unwrap_or(0);
        let left = widest.min(NAME);
        let mut out = String::new();
        let lines = |names: &[String]| -> String {
            let line = |name: &String| if name.is_empty() { "  " } else { "│ " };
            names.iter().map(line).collect()
        };
        for (at, name) in self.columns.iter().enumerate() {
            if !name.is_empty() {
                let lines = lines(&self.columns[..at]);
                let _ = writeln!(out, "{} {lines}┌ {name}", " ".repeat(left));
            }
        }
        for (row, name) in self.rows.iter().enumerate() {
            let name = shortened(name);
            let blank = " ".repeat(left.saturating_sub(name.width()));
            let _ = write!(out, "{blank}{name} ");
            for column in 0..self.columns.len() {
                out += &cell(self.share(row, column), colour);
            }
            let kept = out.trim_end_matches(' ').len();
            out.truncate(kept);
            out.push('\n');
        }
        out
    }
}

fn cell(share: f64, colour: bool) -> String {
    if colour {
        // A share of a twentieth is not worth a colour.
        return match share < 0.05 {
            true => "  ".to_string(),
            false => {
                let at = (share * COLOURS.len() as f64) as usize;
                let code = COLOURS[at.min(COLOURS.len() - 1)];
                format!("\x1b[48;5;{code}m  \x1b[0m")
            }
        };
    }
    let at = (share * (SHADES.len() - 1) as f64).round() as usize;
    SHADES[at.min(SHADES.len() - 1)].to_string()
}

/// A name cut to the room there is.
fn shortened(name: &str) -> String {
    if name.width() <= NAME {
        return name.to_string();
    }
    let mut kept = String::new();
    for letter in name.chars() {
        kept.push(letter);
        if kept.width() > NAME - 1 {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> HeatMap {
        HeatMap {
            rows: [
                "ein",
                "blaues",
                "Donaudampfschifffahrtsgesellschaft",
                "漢字",
            ]
            .map(String::from)
            .to_vec(),
            columns: ["a", "blue", "ship"].map(String::from).to_vec(),
            values: vec![
                1.0,
                0.0,
                0.0,
                0.1,
                0.7,
                0.2,
                0.0,
                0.4,
                0.6,
                f64::NAN,
                0.3,
                2.0,
            ],
        }
    }

    #[test]
    fn columns_line_up_whatever_the_names() {
        insta::assert_snapshot!(map().to_terminal(false), @r"
                                 ┌ a
                                 │ ┌ blue
                                 │ │ ┌ ship
                             ein ██
                          blaues   ▓▓░░
        Donaudampfschifffahrtsg…   ▒▒▒▒
                            漢字   ░░██
        ");
    }

    #[test]
    fn colours_are_switched_off_again() {
        let drawn = map().to_terminal(true);
        let [on, off] = ["\x1b[48;5;", "\x1b[0m"].map(|code| drawn.matches(code).count());
        assert_eq!((on, off), (8, 8), "{drawn:?}");
        assert!(HeatMap::default().to_terminal(true).is_empty());
    }
}
