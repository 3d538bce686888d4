//! JSON objects as the rows of a table.

use super::object::Object;
use crate::limits::{Exceeded, Guard, read_line};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Result};

/// Objects whose keys make the columns.
const FIRST: usize = 100;

/// How objects follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objects {
    /// One a line.
    Lines,
    /// In one array.
    Array,
}

/// What can be wrong with a row.
#[derive(Debug)]
pub(crate) enum JsonError {
    /// It cannot be read.
    Io(std::io::Error),
    /// It is no JSON object.
    Form(String),
}

impl From<std::io::Error> for JsonError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

type Source = BufReader<Guard<Box<dyn Read + Send>>>;

/// Reads a file of JSON objects, each a row.
pub(crate) struct JsonRows {
    source: Source,
    objects: Objects,
    columns: Vec<String>,
    index: HashMap<String, usize>,
    /// Objects that were read to find the columns.
    ready: VecDeque<(u64, Object)>,
    /// What was wrong after them, and in which line.
    failed: Option<(u64, JsonError)>,
    /// Line of the object given last.
    row: u64,
    /// Line that is read next.
    line: u64,
    most: u64,
    /// A key that came too late to be a column, and its line.
    late: Option<(String, u64)>,
}

impl JsonRows {
    /// Reads so many objects that the columns are known, at most `first`.
    pub(crate) fn new(
        source: Guard<Box<dyn Read + Send>>,
        objects: Objects,
        first: Option<usize>,
        most: u64,
    ) -> std::result::Result<Self, (JsonError, u64)> {
        let mut rows = Self {
            source: BufReader::with_capacity(1 << 16, source),
            objects,
            columns: Vec::new(),
            index: HashMap::new(),
            ready: VecDeque::new(),
            failed: None,
            row: 1,
            line: 1,
            most,
            late: None,
        };
        for _ in 0..first.unwrap_or(FIRST) {
            match rows.next_object() {
                Ok(Some(object)) => rows.first_object(object),
                Ok(None) => break,
                Err(error) if rows.ready.is_empty() => return Err((error, rows.row)),
                // Said when the rows before it have been read.
                Err(error) => {
                    rows.failed = Some((rows.row, error));
                    break;
                }
            }
        }
        Ok(rows)
    }

    fn first_object(&mut self, object: Object) {
        for (key, _) in &object.0 {
            if !self.index.contains_key(key) {
                self.index.insert(key.clone(), self.columns.len());
                self.columns.push(key.clone());
            }
        }
        self.ready.push_back((self.row, object));
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    pub(crate) fn has_late(&self) -> bool {
        self.late.is_some()
    }

    /// A key that came too late to be a column, said once.
    pub(crate) fn late(&mut self) -> Option<(String, u64)> {
        self.late.take()
    }

    /// The next row; false at the end.
    pub(crate) fn read(
        &mut self,
        record: &mut csv::ByteRecord,
    ) -> std::result::Result<bool, JsonError> {
        let object = match self.ready.pop_front() {
            Some((row, object)) => {
                self.row = row;
                object
            }
            None => {
                if let Some((row, error)) = self.failed.take() {
                    self.row = row;
                    return Err(error);
                }
                match self.next_object()? {
                    Some(object) => object,
                    None => return Ok(false),
                }
            }
        };
        let mut cells = vec![String::new(); self.columns.len()];
        for (key, cell) in object.0 {
            match self.index.get(&key) {
                Some(&at) => cells[at] = cell,
                None if self.late.is_none() => self.late = Some((key, self.row)),
                None => {}
            }
        }
        record.clear();
        cells
            .iter()
            .for_each(|cell| record.push_field(cell.as_bytes()));
        Ok(true)
    }

    fn next_object(&mut self) -> std::result::Result<Option<Object>, JsonError> {
        self.source.get_mut().next_row();
        let bytes = match self.objects {
            Objects::Lines => self.next_line()?,
            Objects::Array => self.next_in_array()?,
        };
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let object = serde_json::from_slice(&bytes);
        object
            .map(Some)
            .map_err(|error| JsonError::Form(error.to_string()))
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        while read_line(&mut self.source, &mut line, self.most)? {
            self.row = self.line;
            self.line += 1;
            let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
            if !text.trim_ascii().is_empty() {
                return Ok(Some(text.to_vec()));
            }
        }
        Ok(None)
    }

    /// The bytes of the next object: from a brace to the one that closes it.
    fn next_in_array(&mut self) -> std::result::Result<Option<Vec<u8>>, JsonError> {
        let mut bytes = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        loop {
            let Some(byte) = next_byte(&mut self.source)? else {
                return match bytes.is_empty() {
                    true => Ok(None),
                    false => Err(JsonError::Form("the object does not end".to_string())),
                };
            };
            self.line += u64::from(byte == b'\n');
            if depth == 0 {
                match byte {
                    b'{' => self.row = self.line,
                    b'[' | b',' | b']' | b' ' | b'\t' | b'\n' | b'\r' | 0xef | 0xbb | 0xbf => {
                        continue;
                    }
                    _ => {
                        self.row = self.line;
                        let what = "an object must begin here".to_string();
                        return Err(JsonError::Form(what));
                    }
                }
            }
            bytes.push(byte);
            if bytes.len() as u64 > self.most {
                return Err(std::io::Error::other(Exceeded::Row(self.most)).into());
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(Some(bytes));
            }
        }
    }
}

fn next_byte(source: &mut impl BufRead) -> Result<Option<u8>> {
    let byte = loop {
        match source.fill_buf() {
            Ok(buffer) => break buffer.first().copied(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    source.consume(usize::from(byte.is_some()));
    Ok(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;

    fn open(text: &str, objects: Objects) -> std::result::Result<JsonRows, (JsonError, u64)> {
        let source: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let guard = Guard::new(source, Limits::default(), false);
        JsonRows::new(guard, objects, None, 1000)
    }

    fn read(text: &str, objects: Objects) -> Vec<(u64, Vec<String>)> {
        let mut rows = open(text, objects).expect("it begins well");
        let mut record = csv::ByteRecord::new();
        let mut all = Vec::new();
        while rows.read(&mut record).expect("it is JSON") {
            let cells = record
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).into_owned());
            all.push((rows.row(), cells.collect()));
        }
        all
    }

    #[test]
    fn objects_are_rows_with_their_lines() {
        let wanted = [(1, "x\ny", "1"), (3, "", "0.5"), (4, "{\"a\":[1]}", "true")]
            .map(|(row, text, label)| (row, vec![text.to_string(), label.to_string()]));
        let objects = [
            r#"{"text":"x\ny","label":1}"#,
            r#"{"label":0.5,"text":null}"#,
            r#"{"text":{"a":[1]},"label":true}"#,
        ];
        let lines = format!("{}\n\n{}\n{}", objects[0], objects[1], objects[2]);
        assert_eq!(read(&lines, Objects::Lines), wanted);
        let array = format!("[{},\n\n{},\n{}]\n", objects[0], objects[1], objects[2]);
        assert_eq!(read(&array, Objects::Array), wanted);
    }

    #[test]
    fn a_bad_object_has_its_line() {
        let mut rows = open("{\"a\":1}\n[1]\n", Objects::Lines).expect("the first is good");
        let mut record = csv::ByteRecord::new();
        assert!(rows.read(&mut record).expect("good"));
        let error = rows.read(&mut record).map(|_| ());
        assert!(matches!(error, Err(JsonError::Form(_))), "{error:?}");
        assert_eq!(rows.row(), 2);
        let Err((JsonError::Form(what), row)) = open("[{\"a\":1", Objects::Array) else {
            panic!("it does not end");
        };
        assert_eq!((what.as_str(), row), ("the object does not end", 1));
    }

    #[test]
    fn a_key_that_comes_late_is_said() {
        let mut text = "{\"a\":1}\n".repeat(FIRST);
        text += "{\"a\":1,\"b\":2}\n";
        let mut rows = open(&text, Objects::Lines).expect("good");
        let mut record = csv::ByteRecord::new();
        while rows.read(&mut record).expect("good") {}
        assert_eq!(rows.late(), Some(("b".to_string(), FIRST as u64 + 1)));
        assert_eq!(rows.columns(), ["a"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:\\\\a0 \n]{0,60}") {
            for objects in [Objects::Lines, Objects::Array] {
                let Ok(mut rows) = open(&text, objects) else { continue };
                let mut record = csv::ByteRecord::new();
                while let Ok(true) = rows.read(&mut record) {}
            }
        }
    }
}
