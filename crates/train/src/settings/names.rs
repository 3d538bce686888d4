//! A setting that is a list of names.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names in order, such as those of columns: `title,body`, or a TOML array.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Names {
    /// The names of a text, separated by commas.
    pub fn parse(text: &str) -> Self {
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        Self(names.map(str::to_string).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they are written in a setting.
    pub fn joined(&self) -> String {
        self.0.join(",")
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A name with a comma in it would be read back as two.
        match self.0.iter().any(|name| name.contains(',')) {
            true => self.0.serialize(serializer),
            false => self.joined().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            One(String),
            Many(Vec<String>),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::One(text) => Self::parse(&text),
            Either::Many(names) => Self(names),
        })
    }
}
