//! Values of settings: `--set key=value`, and those of files.

use super::doc::plain;
use crate::error::{Result, TaskError};
use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

/// Replaces the named settings of `defaults`; a value must be of the default's type.
///
/// # Errors
/// [`TaskError::Usage`] that names the setting.
pub fn apply<T: Serialize + DeserializeOwned>(defaults: T, set: &[(String, String)]) -> Result<T> {
    let mut table = to_table(&defaults)?;
    for (key, text) in set {
        let key = full_name(key, &table);
        let Some(slot) = table.get_mut(key) else {
            return Err(unknown(key, &table));
        };
        *slot = parse(key, text, slot)?;
    }
    from_table(table)
}

/// Refuses `--set` pairs that differ from the settings of the run to go on with.
pub fn kept(saved: &Table, set: &[(String, String)]) -> Result<()> {
    for (key, text) in set {
        let key = full_name(key, saved);
        let was = saved.get(key).ok_or_else(|| unknown(key, saved))?;
        if plain(&parse(key, text, was)?) != plain(was) {
            return Err(TaskError::usage(
                format!(
                    "a run that goes on keeps its settings: it has {key}={}, not {text}",
                    plain(was)
                ),
                "leave --set out, or start a new run",
            ));
        }
    }
    Ok(())
}

/// Settings as a TOML table.
pub fn to_table<T: Serialize>(settings: &T) -> Result<Table> {
    Table::try_from(settings)
        .map_err(|error| TaskError::usage(error.to_string(), "report this: it is a bug"))
}

/// Settings from a TOML table.
pub fn from_table<T: DeserializeOwned>(table: Table) -> Result<T> {
    table.try_into().map_err(|error: toml::de::Error| {
        let what = error.message().to_string();
        TaskError::usage(
            format!("bad setting: {what}"),
            "see the task's page for its settings",
        )
    })
}

/// The name of a setting that is written shorter: `date` for `date_format`.
pub fn full_name<'a>(key: &'a str, table: &Table) -> &'a str {
    const FORMAT: &str = "date_format";
    match key == "date" && !table.contains_key(key) && table.contains_key(FORMAT) {
        true => FORMAT,
        false => key,
    }
}

/// There is no setting of this name.
pub fn unknown(key: &str, table: &Table) -> TaskError {
    let known: Vec<&str> = table.keys().map(String::as_str).collect();
    TaskError::usage(
        format!("there is no setting named {key}"),
        format!("the settings are: {}", known.join(", ")),
    )
}

/// The value of a setting that a text stands for, of the same type as `like`.
pub(super) fn parse(key: &str, text: &str, like: &Value) -> Result<Value> {
    let value = match like {
        Value::Integer(_) => text.parse::<i64>().ok().map(Value::Integer),
        Value::Float(_) => {
            let number = text.parse::<f64>().ok();
            number.filter(|number| number.is_finite()).map(Value::Float)
        }
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        _ => Some(Value::String(text.to_string())),
    };
    let value = value.unwrap_or_else(|| Value::String(text.to_string()));
    coerce(key, &value, like)
}

/// A value as one of the same type as `like`.
pub fn coerce(key: &str, value: &Value, like: &Value) -> Result<Value> {
    let wrong = |kind: &str| {
        TaskError::usage(
            format!("the setting {key} wants {kind}, not \"{}\"", plain(value)),
            format!("the default is {key}={}", plain(like)),
        )
    };
    match (like, value) {
        (Value::Integer(_), Value::Integer(number)) if *number >= 0 => Ok(value.clone()),
        (Value::Integer(_), _) => Err(wrong("a whole number, not negative")),
        (Value::Float(_), Value::Float(number)) if number.is_finite() => Ok(value.clone()),
        (Value::Float(_), Value::Integer(number)) => Ok(Value::Float(*number as f64)),
        (Value::Float(_), _) => Err(wrong("a number")),
        (Value::Boolean(_), Value::Boolean(_)) => Ok(value.clone()),
        (Value::Boolean(_), _) => Err(wrong("true or false")),
        (_, Value::String(_) | Value::Array(_)) => Ok(value.clone()),
        _ => Ok(Value::String(plain(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct Settings {
        rate: f64,
        steps: usize,
        cell: String,
    }

    fn set(pairs: &[(&str, &str)]) -> Result<Settings> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect();
        apply(
            Settings {
                rate: 0.1,
                steps: 3,
                cell: "lstm".into(),
            },
            &pairs,
        )
    }

    #[test]
    fn values_take_the_type_of_the_default() {
        let settings = set(&[("rate", "1"), ("steps", "7"), ("cell", "gru")]).unwrap();
        assert_eq!(
            settings,
            Settings {
                rate: 1.0,
                steps: 7,
                cell: "gru".into()
            }
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |pairs| set(pairs).unwrap_err().to_string();
        assert_eq!(
            message(&[("stepps", "1")]),
            "there is no setting named stepps"
        );
        let wrong = "the setting steps wants a whole number, not negative, not \"-1\"";
        assert_eq!(message(&[("steps", "-1")]), wrong);
        assert_eq!(
            message(&[("rate", "NaN")]),
            "the setting rate wants a number, not \"NaN\""
        );
    }
}
