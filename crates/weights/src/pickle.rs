//! Python's pickles, as far as PyTorch writes them: nothing in them is run.
//!
//! <https://docs.python.org/3/library/pickletools.html> lists the operations.

use std::collections::HashMap;

/// Number of a value in the arena: values refer to one another.
pub type Id = usize;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `None`, and whatever has no meaning here.
    None,
    Bool(bool),
    Int(i64),
    /// A whole number that 64 bits do not hold, lowest byte first.
    Large(Vec<u8>),
    Float,
    Text(String),
    Bytes,
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// Pairs, in the order they were put in.
    Dict(Vec<(Id, Id)>),
    /// A class or function, by module and name.
    Global(String),
    /// What a class or function was called with.
    Call(String, Id),
    /// A call's result with a state set on it, which has no meaning here.
    Built(String),
    /// What is kept outside of the pickle.
    Outside(Id),
}

/// What a pickle holds.
#[derive(Debug)]
pub struct Pickle {
    values: Vec<Value>,
    /// The value it is about.
    pub root: Id,
    /// Bytes it took.
    pub length: usize,
}

impl Pickle {
    /// A value; `None` for a number there is not.
    pub fn get(&self, id: Id) -> &Value {
        self.values.get(id).unwrap_or(&Value::None)
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn size(&self, id: Id) -> Option<usize> {
        match self.get(id) {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The numbers of a tuple of sizes.
    pub fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        match self.get(id) {
            Value::Tuple(all) | Value::List(all) => all.iter().map(|&id| self.size(id)).collect(),
            Value::Call(_, args) => match self.get(*args) {
                // torch.Size((4, 4)).
                Value::Tuple(args) => self.sizes(*args.first()?),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Tuple(all) => Some(all),
            _ => None,
        }
    }
}

/// Why a pickle cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It ends too early, or refers to what is not there.
    Damaged,
    /// An operation that PyTorch does not write.
    Operation(u8),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Damaged => write!(f, "the pickle is cut or damaged"),
            Self::Operation(byte) => write!(
                f,
                "the pickle has the operation {byte:#04x}, which is not read"
            ),
        }
    }
}

/// Reads one pickle from the beginning of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Pickle, Fault> {
    let mut machine = Machine {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        if let Some(root) = machine.step()? {
            return Ok(Pickle {
                values: machine.values,
                root,
                length: machine.at,
            });
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

type Done<T> = Result<T, Fault>;

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Done<&[u8]> {
        let end = self.at.checked_add(count).ok_or(Fault::Damaged)?;
        let taken = self.bytes.get(self.at..end).ok_or(Fault::Damaged)?;
        self.at = end;
        Ok(taken)
    }

    /// A whole number of so many bytes, lowest first.
    fn number(&mut self, bytes: usize) -> Done<u64> {
        let mut raw = [0; 8];
        raw[..bytes].copy_from_slice(self.take(bytes)?);
        Ok(u64::from_le_bytes(raw))
    }

    fn length(&mut self, bytes: usize) -> Done<usize> {
        usize::try_from(self.number(bytes)?).map_err(|_| Fault::Damaged)
    }

    fn text(&mut self, count: usize) -> Done<Value> {
        let text = std::str::from_utf8(self.take(count)?).map_err(|_| Fault::Damaged)?;
        Ok(Value::Text(text.to_string()))
    }

    fn line(&mut self) -> Done<String> {
        let rest = self.bytes.get(self.at..).ok_or(Fault::Damaged)?;
        let end = rest
            .iter()
            .position(|&byte| byte == b'\n')
            .ok_or(Fault::Damaged)?;
        self.at += end + 1;
        let text = std::str::from_utf8(&rest[..end]).map_err(|_| Fault::Damaged)?;
        Ok(text.trim_end_matches('\r').to_string())
    }

    fn put(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    fn pop(&mut self) -> Done<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or(Fault::Damaged),
            false => Err(Fault::Damaged),
        }
    }

    fn top(&self) -> Done<Id> {
        self.stack.last().copied().ok_or(Fault::Damaged)
    }

    fn since_mark(&mut self) -> Done<Vec<Id>> {
        let height = self.marks.pop().ok_or(Fault::Damaged)?;
        match height <= self.stack.len() {
            true => Ok(self.stack.split_off(height)),
            false => Err(Fault::Damaged),
        }
    }

    fn remember(&mut self, at: u64) -> Done<()> {
        let top = self.top()?;
        self.memo.insert(at, top);
        Ok(())
    }

    fn recall(&mut self, at: u64) -> Done<()> {
        let id = *self.memo.get(&at).ok_or(Fault::Damaged)?;
        self.stack.push(id);
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Done<()> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.put(Value::Tuple(items));
        Ok(())
    }

    fn append(&mut self, items: Vec<Id>) -> Done<()> {
        let list = self.top()?;
        match self.values.get_mut(list) {
            Some(Value::List(all)) => all.extend(items),
            Some(_) => {}
            None => return Err(Fault::Damaged),
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[Id]) -> Done<()> {
        let dict = self.top()?;
        let (pairs, rest) = items.as_chunks::<2>();
        match self.values.get_mut(dict) {
            Some(Value::Dict(all)) if rest.is_empty() => {
                all.extend(pairs.iter().map(|&[key, value]| (key, value)));
                Ok(())
            }
            // A class of its own that is filled like a dictionary.
            Some(_) if rest.is_empty() => Ok(()),
            _ => Err(Fault::Damaged),
        }
    }

    /// A class or function is called; an `OrderedDict` is a dictionary, all else is only noted.
    fn call(&mut self, class: Id, args: Id) {
        let name = match self.values.get(class) {
            Some(Value::Global(name)) => name.clone(),
            _ => String::new(),
        };
        let value = match name.as_str() {
            "collections OrderedDict" | "builtins dict" | "collections defaultdict" => {
                Value::Dict(Vec::new())
            }
            "builtins set" | "builtins list" => Value::List(Vec::new()),
            _ => Value::Call(name, args),
        };
        self.put(value);
    }

    /// Does one operation; the value at its end.
    fn step(&mut self) -> Done<Option<Id>> {
        let operation = self.number(1)? as u8;
        match operation {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.since_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.put(Value::None),
            0x88 => self.put(Value::Bool(true)),
            0x89 => self.put(Value::Bool(false)),
            b'J' => {
                let number = self.number(4)? as u32;
                self.put(Value::Int(i64::from(number as i32)));
            }
            b'K' => {
                let number = self.number(1)?;
                self.put(Value::Int(number as i64));
            }
            b'M' => {
                let number = self.number(2)?;
                self.put(Value::Int(number as i64));
            }
            0x8a | 0x8b => {
                let count = self.length(if operation == 0x8a { 1 } else { 4 })?;
                let bytes = self.take(count)?.to_vec();
                self.put(long(bytes));
            }
            b'I' | b'L' => {
                let line = self.line()?;
                let value = match line.trim_end_matches('L') {
                    "00" => Value::Bool(false),
                    "01" => Value::Bool(true),
                    digits => Value::Int(digits.parse().map_err(|_| Fault::Damaged)?),
                };
                self.put(value);
            }
            b'G' => {
                self.take(8)?;
                self.put(Value::Float);
            }
            b'F' => {
                self.line()?;
                self.put(Value::Float);
            }
            b'X' | 0x8c | 0x8d => {
                let count = self.length(match operation {
                    0x8c => 1,
                    b'X' => 4,
                    _ => 8,
                })?;
                let text = self.text(count)?;
                self.put(text);
            }
            b'V' => {
                let line = self.line()?;
                self.put(Value::Text(line));
            }
            b'S' => {
                let line = self.line()?;
                let text = line.trim_matches(['\'', '"']).to_string();
                self.put(Value::Text(text));
            }
            b'T' | b'U' => {
                let count = self.length(if operation == b'U' { 1 } else { 4 })?;
                let text = String::from_utf8_lossy(self.take(count)?).into_owned();
                self.put(Value::Text(text));
            }
            b'B' | b'C' | 0x8e | 0x96 => {
                let count = self.length(match operation {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                })?;
                self.take(count)?;
                self.put(Value::Bytes);
            }
            b')' => self.put(Value::Tuple(Vec::new())),
            b't' | 0x91 => {
                let items = self.since_mark()?;
                self.put(Value::Tuple(items));
            }
            0x85..=0x87 => self.tuple(usize::from(operation - 0x84))?,
            b']' | 0x8f => self.put(Value::List(Vec::new())),
            b'l' => {
                let items = self.since_mark()?;
                self.put(Value::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' | 0x90 => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            b'}' => self.put(Value::Dict(Vec::new())),
            b'd' => {
                let items = self.since_mark()?;
                self.put(Value::Dict(Vec::new()));
                self.set_items(&items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set_items(&items)?;
            }
            b'q' | b'r' => {
                let at = self.number(if operation == b'q' { 1 } else { 4 })?;
                self.remember(at)?;
            }
            b'p' => {
                let at = self.line()?.parse().map_err(|_| Fault::Damaged)?;
                self.remember(at)?;
            }
            0x94 => self.remember(self.memo.len() as u64)?,
            b'h' | b'j' => {
                let at = self.number(if operation == b'h' { 1 } else { 4 })?;
                self.recall(at)?;
            }
            b'g' => {
                let at = self.line()?.parse().map_err(|_| Fault::Damaged)?;
                self.recall(at)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.put(Value::Global(format!("{module} {name}")));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let text = |id: Id| match self.values.get(id) {
                    Some(Value::Text(text)) => Ok(text.clone()),
                    _ => Err(Fault::Damaged),
                };
                let global = format!("{} {}", text(module)?, text(name)?);
                self.put(Value::Global(global));
            }
            b'R' | 0x81 => {
                let (args, class) = (self.pop()?, self.pop()?);
                self.call(class, args);
            }
            0x92 => {
                let (_, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(class, args);
            }
            b'b' => {
                self.pop()?;
                let object = self.top()?;
                if let Some(Value::Call(class, _)) = self.values.get(object) {
                    self.values[object] = Value::Built(class.clone());
                }
            }
            b'Q' => {
                let id = self.pop()?;
                self.put(Value::Outside(id));
            }
            other => return Err(Fault::Operation(other)),
        }
        Ok(None)
    }
}

/// A whole number in two's complement, lowest byte first.
fn long(bytes: Vec<u8>) -> Value {
    if bytes.len() > 8 {
        return Value::Large(bytes);
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut raw = [if negative { 0xff } else { 0 }; 8];
    raw[..bytes.len()].copy_from_slice(&bytes);
    Value::Int(i64::from_le_bytes(raw))
}
