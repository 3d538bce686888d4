//! What a setting is: its name, what it does, and the values it takes.

use crate::error::{Result, TaskError};
use toml::{Table, Value};

/// The values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// A whole number in this range, ends included.
    Whole(usize, usize),
    /// A number in this range, ends included.
    Number(f64, f64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// Names, separated by commas.
    Names,
}

/// A setting as `rekindle settings` lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingDoc {
    /// Its name.
    pub name: &'static str,
    /// What it does and why its default is what it is.
    pub doc: &'static str,
    /// The values it takes.
    pub rule: Rule,
    /// Whether it says where the data are and what they mean: `[data]` of a task file.
    pub is_data: bool,
}

/// A struct of settings with the description of each field; made by [`settings!`](crate::settings!).
pub trait Settings: serde::Serialize + serde::de::DeserializeOwned + Clone {
    /// All settings, in the order of the struct.
    fn docs() -> Vec<SettingDoc>;

    /// Refuses values that are each in range but do not fit together.
    ///
    /// # Errors
    /// [`TaskError::Usage`] that names the settings.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Declares a struct of settings: each field with its documentation, type, default and [`Rule`].
///
/// The struct can hold others (`parts`), whose fields then count as its own.
#[macro_export]
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $name:ident: $table:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr, $rule:expr;
            )*
        }
        $(parts {
            $(
                $(#[doc = $part_doc:literal])+
                $part:ident: $part_type:ty = $part_default:expr;
            )+
        })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )*
            $($(
                $(#[doc = $part_doc])+
                #[serde(flatten)]
                pub $part: $part_type,
            )+)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    $($( $part: $part_default, )+)?
                }
            }
        }

        impl $name {
            /// Name, documentation and values of each setting.
            #[allow(unused_mut, reason = "structs without parts")]
            fn all_docs() -> Vec<$crate::settings::SettingDoc> {
                #[allow(unused_imports, reason = "structs without parts")]
                use $crate::settings::{Rule, SettingDoc, Settings};
                let is_data = stringify!($table) == "data";
                let mut docs = vec![
                    $( SettingDoc {
                        name: stringify!($field),
                        doc: concat!($($doc),+),
                        rule: $rule,
                        is_data,
                    }, )*
                ];
                $($( docs.extend(<$part_type as Settings>::docs()); )+)?
                docs
            }
        }
    };
}

/// Refuses the first value that its setting does not take.
///
/// # Errors
/// [`TaskError::Usage`] with the setting, its value and the values it takes.
pub fn check(table: &Table, docs: &[SettingDoc]) -> Result<()> {
    for doc in docs {
        if let Some(value) = table.get(doc.name) {
            doc.check(value)?;
        }
    }
    Ok(())
}

impl SettingDoc {
    /// Refuses a value that the setting does not take.
    fn check(&self, value: &Value) -> Result<()> {
        let fits = match self.rule {
            Rule::Whole(low, high) => value.as_integer().is_some_and(|number| {
                usize::try_from(number).is_ok_and(|number| (low..=high).contains(&number))
            }),
            Rule::Number(low, high) => {
                let number = value.as_float().or(value.as_integer().map(|n| n as f64));
                number.is_some_and(|number| (low..=high).contains(&number))
            }
            Rule::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Rule::Flag => value.is_bool(),
            Rule::Text => value.is_str(),
            Rule::Names => value.is_str() || value.is_array(),
        };
        if fits {
            return Ok(());
        }
        let what = match self.rule {
            Rule::Whole(..) | Rule::Number(..) => "is out of range",
            _ => "is not a value it takes",
        };
        Err(TaskError::usage(
            format!("the setting {}={} {what}", self.name, plain(value)),
            format!("choose {} {}", self.name, self.values()),
        ))
    }

    /// The values it takes, in words.
    pub fn values(&self) -> String {
        match self.rule {
            Rule::Whole(low, high) => format!("from {low} to {high}"),
            Rule::Number(low, high) => format!("from {low} to {high}"),
            Rule::OneOf(words) => format!("among: {}", words.join(", ")),
            Rule::Flag => "true or false".to_string(),
            Rule::Text => "as a text".to_string(),
            Rule::Names => "as names, separated by commas".to_string(),
        }
    }
}

/// A value as it is written after `--set name=`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
