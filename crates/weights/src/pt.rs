//! PyTorch's own files.
//!
//! A tensor is a view of a storage: an offset, a size and a stride along each dimension. All are read, so
//! that a slice, a transposed or an expanded tensor has the numbers that PyTorch would show.

use crate::numbers::Float;
use crate::pickle::{self, Id, Pickle, Value};
use crate::{Result, format, load, recognise};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// What the first pickle of a file of before 2020 holds.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// Numbers of a tensor; a view without strides can claim any.
const MOST_NUMBERS: usize = 1 << 32;
/// Entries of nested dictionaries.
const MOST_ENTRIES: usize = 1_000_000;
/// Dictionaries within dictionaries.
const DEEPEST: usize = 32;

/// Where the numbers of a file are.
struct Storages<'a> {
    /// By key.
    bytes: HashMap<String, Vec<u8>>,
    big: bool,
    path: &'a Path,
}

/// A storage as a pickle names it.
struct Storage {
    key: String,
    kind: String,
    /// Numbers it has, and where it begins in the one of the key.
    numbers: usize,
    offset: usize,
}

pub fn read(path: &Path) -> Result<NamedTensors> {
    let bytes = load(path)?;
    match bytes.starts_with(b"PK\x03\x04") {
        true => zipped(path, bytes),
        false => legacy(path, &bytes),
    }
}

/// A zip archive with `data.pkl` and a file a storage.
fn zipped(path: &Path, bytes: Vec<u8>) -> Result<NamedTensors> {
    let length = bytes.len() as u64;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format(path, error))?;
    let mut entries: HashMap<String, Vec<u8>> = HashMap::new();
    let mut folder = None;
    let mut all = 0;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| format(path, error))?;
        let name = entry.name().to_string();
        all += entry.size();
        // PyTorch compresses nothing.
        if all > length {
            let what = "the archive unpacks to more than it holds, which PyTorch never writes";
            return Err(format(path, what));
        }
        let mut data = Vec::new();
        let read = entry.by_ref().take(length).read_to_end(&mut data);
        read.map_err(|error| format(path, format_args!("{name} cannot be read: {error}")))?;
        if let Some(before) = name.strip_suffix("data.pkl") {
            folder = Some(before.to_string());
        }
        entries.insert(name, data);
    }
    let Some(folder) = folder else {
        let what = "the archive has no data.pkl: this is no file of torch.save; give the weights that \
                    torch.save(model.state_dict(), FILE) writes";
        return Err(format(path, what));
    };
    let script = entries.contains_key(&format!("{folder}constants.pkl"));
    let big = entries
        .get(&format!("{folder}byteorder"))
        .is_some_and(|order| order.starts_with(b"big"));
    let pickle = entries
        .remove(&format!("{folder}data.pkl"))
        .unwrap_or_default();
    let pickle = pickle::read(&pickle).map_err(|fault| format(path, fault))?;
    let within = format!("{folder}data/");
    let bytes = entries
        .into_iter()
        .filter_map(|(name, data)| Some((name.strip_prefix(&within)?.to_string(), data)))
        .collect();
    let storages = Storages { bytes, big, path };
    if script {
        let what = "the file holds a TorchScript program: save the weights alone, with \
                    torch.save(model.state_dict(), FILE)";
        return Err(format(path, what));
    }
    storages.tensors(&pickle)
}

/// Pickles one after the other, then the storages.
fn legacy(path: &Path, bytes: &[u8]) -> Result<NamedTensors> {
    if let Some(what) = recognise(bytes) {
        return Err(format(path, what));
    }
    let damaged = || format(path, "the file ends too early: it is cut or damaged");
    let mut rest = bytes;
    let mut next = || -> Result<Pickle> {
        let pickle = pickle::read(rest).map_err(|fault| format(path, fault))?;
        rest = rest.get(pickle.length..).unwrap_or_default();
        Ok(pickle)
    };
    let first = next()?;
    if !matches!(first.get(first.root), Value::Large(number) if *number == MAGIC) {
        let what = "this is a pickle, but no file of torch.save: give the weights that \
                    torch.save(model.state_dict(), FILE) writes";
        return Err(format(path, what));
    }
    next()?;
    let system = next()?;
    let content = next()?;
    let keys = next()?;
    let mut big = false;
    if let Value::Dict(pairs) = system.get(system.root) {
        let little = pairs
            .iter()
            .find(|(key, _)| system.text(*key) == Some("little_endian"));
        big = little.is_some_and(|(_, value)| matches!(system.get(*value), Value::Bool(false)));
    }
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for value in &content_outside(&content) {
        if let Some(storage) = storage_of(&content, *value) {
            sizes.insert(storage.key, element_size(&storage.kind).unwrap_or(1));
        }
    }
    let Value::List(keys_in_order) = keys.get(keys.root) else {
        return Err(damaged());
    };
    let mut storages = HashMap::new();
    for &key in keys_in_order {
        let key = keys.text(key).ok_or_else(damaged)?;
        let (count, data) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let count = if big {
            u64::from_be_bytes(*count)
        } else {
            u64::from_le_bytes(*count)
        };
        let size = sizes.get(key).copied().unwrap_or(1);
        let length = usize::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(size));
        let (data, after) = length
            .and_then(|length| data.split_at_checked(length))
            .ok_or_else(damaged)?;
        storages.insert(key.to_string(), data.to_vec());
        rest = after;
    }
    let storages = Storages {
        bytes: storages,
        big,
        path,
    };
    storages.tensors(&content)
}

/// All values that are kept outside of a pickle.
fn content_outside(pickle: &Pickle) -> Vec<Id> {
    let all = 0..pickle.len();
    all.filter(|&id| matches!(pickle.get(id), Value::Outside(_)))
        .collect()
}

/// `('storage', torch.FloatStorage, key, place, numbers, view)`.
fn storage_of(pickle: &Pickle, id: Id) -> Option<Storage> {
    let Value::Outside(args) = pickle.get(id) else {
        return None;
    };
    let [what, kind, key, _, numbers, rest @ ..] = pickle.tuple(*args)? else {
        return None;
    };
    if pickle.text(*what) != Some("storage") {
        return None;
    }
    let Value::Global(kind) = pickle.get(*kind) else {
        return None;
    };
    // In old files a storage may be a part of another.
    let view = rest.first().and_then(|view| pickle.tuple(*view));
    Some(Storage {
        key: pickle.text(*key)?.to_string(),
        kind: kind.rsplit(' ').next().unwrap_or_default().to_string(),
        numbers: pickle.size(*numbers)?,
        offset: view
            .and_then(|view| pickle.size(*view.get(1)?))
            .unwrap_or(0),
    })
}

/// The floats of a storage or a data type, by its name in PyTorch.
fn float(kind: &str) -> Option<Float> {
    match kind {
        "DoubleStorage" | "float64" | "double" => Some(Float::F64),
        "FloatStorage" | "float32" | "float" => Some(Float::F32),
        "HalfStorage" | "float16" | "half" => Some(Float::F16),
        "BFloat16Storage" | "bfloat16" => Some(Float::Bf16),
        _ => None,
    }
}

fn element_size(kind: &str) -> Option<usize> {
    float(kind).map(Float::size).or(match kind {
        "LongStorage" | "ComplexFloatStorage" => Some(8),
        "ComplexDoubleStorage" => Some(16),
        "IntStorage" | "QInt32Storage" => Some(4),
        "ShortStorage" => Some(2),
        "CharStorage" | "ByteStorage" | "BoolStorage" | "QInt8Storage" | "QUInt8Storage"
        | "UntypedStorage" => Some(1),
        _ => None,
    })
}

impl Storages<'_> {
    fn tensors(&self, pickle: &Pickle) -> Result<NamedTensors> {
        let mut tensors = NamedTensors::new();
        let mut left = MOST_ENTRIES;
        match pickle.get(pickle.root) {
            Value::Dict(_) => self.collect(pickle, pickle.root, "", 0, &mut left, &mut tensors)?,
            Value::Built(class) | Value::Call(class, _) => {
                let class = class.replace(' ', ".");
                let what = match class.contains("_rebuild_") {
                    true => "the file holds one tensor and no names".to_string(),
                    false => format!("the file holds a whole object, {class}"),
                };
                return Err(self.no_weights(&what));
            }
            Value::List(_) | Value::Tuple(_) => {
                return Err(self.no_weights("the file holds a list"));
            }
            _ => return Err(self.no_weights("the file holds no dictionary of tensors")),
        }
        Ok(tensors)
    }

    fn no_weights(&self, what: &str) -> crate::FileError {
        let help = "save a dictionary of weights, with torch.save(model.state_dict(), FILE)";
        format(self.path, format_args!("{what}: {help}"))
    }

    /// Puts the tensors of a dictionary and those within it under names joined by points.
    fn collect(
        &self,
        pickle: &Pickle,
        dict: Id,
        prefix: &str,
        depth: usize,
        left: &mut usize,
        tensors: &mut NamedTensors,
    ) -> Result<()> {
        let Value::Dict(pairs) = pickle.get(dict) else {
            return Ok(());
        };
        if depth > DEEPEST {
            return Err(format(
                self.path,
                "dictionaries lie too deep within dictionaries",
            ));
        }
        for &(key, value) in pairs {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| format(self.path, "the file has too many entries"))?;
            let key = match pickle.get(key) {
                Value::Text(text) => text.clone(),
                Value::Int(number) => number.to_string(),
                _ => continue,
            };
            let name = format!("{prefix}{key}");
            match pickle.get(value) {
                Value::Dict(_) => {
                    let within = format!("{name}.");
                    self.collect(pickle, value, &within, depth + 1, left, tensors)?;
                }
                Value::Call(..) | Value::Built(_) => {
                    if let Some(tensor) = self.tensor(pickle, value, &name, 0)? {
                        tensors.insert(name, tensor);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A call of one of PyTorch's `_rebuild_…`; another object is kept by its class alone.
    fn tensor(
        &self,
        pickle: &Pickle,
        id: Id,
        name: &str,
        depth: usize,
    ) -> Result<Option<NamedTensor>> {
        let Value::Call(function, args) = pickle.get(id) else {
            let Value::Built(class) = pickle.get(id) else {
                return Ok(None);
            };
            return Ok(Some(NamedTensor::other(
                class.replace(' ', "."),
                Vec::new(),
            )));
        };
        let args = pickle.tuple(*args).unwrap_or_default();
        let known = match function.rsplit(' ').next().unwrap_or_default() {
            "_rebuild_tensor_v2" | "_rebuild_tensor" | "_rebuild_tensor_v3" => args,
            "_rebuild_parameter" | "_rebuild_parameter_with_state" if depth < DEEPEST => {
                let Some(&of) = args.first() else {
                    return Ok(None);
                };
                return self.tensor(pickle, of, name, depth + 1);
            }
            _ => {
                return Ok(Some(NamedTensor::other(
                    function.replace(' ', "."),
                    Vec::new(),
                )));
            }
        };
        let damaged = || format(self.path, format_args!("the tensor {name} is damaged"));
        let [storage, offset, size, stride, rest @ ..] = known else {
            return Err(damaged());
        };
        let storage = storage_of(pickle, *storage).ok_or_else(damaged)?;
        let offset = pickle.size(*offset).ok_or_else(damaged)?;
        let shape = pickle.sizes(*size).ok_or_else(damaged)?;
        let strides = pickle.sizes(*stride).ok_or_else(damaged)?;
        // The third form has the type of the numbers apart from the storage.
        let kind = match rest.get(2).map(|id| pickle.get(*id)) {
            Some(Value::Global(dtype)) if function.ends_with("_v3") => {
                dtype.rsplit(' ').next().unwrap_or_default().to_string()
            }
            _ => storage.kind.clone(),
        };
        let Some(float) = float(&kind) else {
            return Ok(Some(NamedTensor::other(kind, shape)));
        };
        let values = self.view(name, &storage, float, offset, &shape, &strides)?;
        Ok(Some(NamedTensor::new(shape, values)))
    }

    /// The numbers of a view of a storage, row by row.
    fn view(
        &self,
        name: &str,
        storage: &Storage,
        float: Float,
        offset: usize,
        shape: &[usize],
        strides: &[usize],
    ) -> Result<Vec<f64>> {
        let wrong = |what: &str| format(self.path, format_args!("the tensor {name} {what}"));
        let count = shape
            .iter()
            .try_fold(1_usize, |all, &size| all.checked_mul(size));
        let count = count
            .filter(|count| *count <= MOST_NUMBERS && shape.len() == strides.len())
            .ok_or_else(|| wrong("has a size that makes no sense"))?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let bytes = self
            .bytes
            .get(&storage.key)
            .ok_or_else(|| wrong("has no numbers: its part of the file is missing"))?;
        let there = bytes.len() / float.size();
        let start = offset.checked_add(storage.offset);
        let last = shape
            .iter()
            .zip(strides)
            .try_fold(start, |last, (size, stride)| {
                Some(last?.checked_add((size - 1).checked_mul(*stride)?))
            });
        let last = last
            .flatten()
            .ok_or_else(|| wrong("has strides that make no sense"))?;
        if last >= there {
            return Err(wrong(&format!(
                "needs {} numbers, and its part of the file has {there}: the file is cut or damaged",
                last + 1
            )));
        }
        if storage.offset == 0 && storage.numbers > there && !storage.kind.starts_with("Untyped") {
            return Err(wrong(&format!(
                "is of a part of {} numbers, of which the file has {there}: it is cut or damaged",
                storage.numbers
            )));
        }
        let mut values = Vec::with_capacity(count);
        let mut index = vec![0_usize; shape.len()];
        let mut at = offset + storage.offset;
        loop {
            let from = at * float.size();
            let value = bytes
                .get(from..)
                .and_then(|bytes| float.read(bytes, self.big));
            values.push(value.ok_or_else(|| wrong("is cut"))?);
            // The next index, the last dimension first.
            let mut dimension = shape.len();
            loop {
                if dimension == 0 {
                    return Ok(values);
                }
                dimension -= 1;
                index[dimension] += 1;
                at += strides[dimension];
                if index[dimension] < shape[dimension] {
                    break;
                }
                at -= strides[dimension] * shape[dimension];
                index[dimension] = 0;
            }
        }
    }
}
