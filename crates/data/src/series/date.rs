//! Days as files write them.

use jiff::civil::Date;

/// Reads `2018-09-28`, `2018/9/28`, and either with a time after it.
pub(super) fn parse(cell: &[u8]) -> Option<Date> {
    let cell = cell.trim_ascii();
    let separator = *cell.get(4)?;
    if separator != b'-' && separator != b'/' {
        return None;
    }
    let year = number(&cell[..4])?;
    let rest = &cell[5..];
    let month_end = rest.iter().position(|&byte| byte == separator)?;
    let month = number(&rest[..month_end])?;
    let rest = &rest[month_end + 1..];
    let day_end = rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let day = number(&rest[..day_end])?;
    let time = &rest[day_end..];
    let plausible = match time.first() {
        None => true,
        Some(b'T' | b' ') => time.get(1).is_some_and(u8::is_ascii_digit),
        Some(_) => false,
    };
    if !plausible || month_end > 2 || day_end > 2 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn number(digits: &[u8]) -> Option<i16> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unambiguous_forms_alone() {
        let date = Date::constant(2018, 9, 8);
        for text in [
            "2018-09-08",
            "2018/9/8",
            " 2018-9-08 ",
            "2018-09-08T00:00:00",
            "2018-09-08 12:30",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(date), "{text}");
        }
        for text in [
            "08-09-2018",
            "2018-13-01",
            "2018-02-30",
            "20180908",
            "2018-09/08",
            "",
            "2018-09-08x",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
