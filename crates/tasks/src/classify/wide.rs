//! Linear models of n-grams: the baseline, and the vote beside the network.

use super::config::{ClassifySettings, Wide};
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use rekindle_eval::{
    LinearLoss, LinearText, LinearTextConfig, LinearTextParts, NgramConfig, Weighting,
};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

/// The baseline: what a linear support vector machine makes of the words and their pairs.
pub fn baseline(seed: u64, several: bool) -> LinearTextConfig {
    LinearTextConfig {
        ngrams: NgramConfig {
            longest: 2,
            min_documents: 1,
            weighting: Weighting::TfIdf { sublinear: true },
        },
        loss: LinearLoss::SquaredHinge,
        c: 1.0,
        balanced: false,
        seed,
        several,
    }
}

/// The vote: the baseline's kind on TF-IDF, or logistic regression on n-grams each scaled by how
/// much it says of a class alone (Sida Wang and Christopher Manning, "Baselines and Bigrams", ACL
/// 2012). Where texts have several classes it is the baseline itself: the other one knows too little
/// of classes with few rows.
pub fn vote(config: &ClassifySettings, seed: u64) -> LinearTextConfig {
    if config.data.is_many() {
        return baseline(seed, true);
    }
    let (weighting, loss) = match config.wide_weighting {
        Wide::TfIdf => (
            Weighting::TfIdf { sublinear: true },
            LinearLoss::SquaredHinge,
        ),
        Wide::NaiveBayes => (Weighting::NaiveBayes { alpha: 1.0 }, LinearLoss::Logistic),
    };
    LinearTextConfig {
        ngrams: NgramConfig {
            longest: config.wide_ngrams,
            min_documents: config.wide_min_count,
            weighting,
        },
        loss,
        c: config.wide_c,
        balanced: false,
        seed,
        several: false,
    }
}

/// Writes linear models into one file; no file where there are none.
pub fn write(run: &RunDir, name: &str, models: &[LinearText]) -> Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    let path = run.file(name);
    let failed = |error: safetensors::SafeTensorError| TaskError::run(&path, error.to_string());
    let mut arrays: Vec<(String, Dtype, usize, Vec<u8>)> = Vec::new();
    let mut about = HashMap::new();
    for (index, model) in models.iter().enumerate() {
        let parts = model.to_parts();
        let config = serde_json::to_string(&parts.config)
            .map_err(|error| TaskError::run(&path, error.to_string()))?;
        about.insert(format!("{index}.config"), config);
        about.insert(format!("{index}.classes"), parts.classes.to_string());
        let keys = parts
            .keys
            .iter()
            .flat_map(|key| key.to_le_bytes())
            .collect();
        arrays.push((format!("{index}.keys"), Dtype::U64, parts.keys.len(), keys));
        for (part, values) in [
            ("idf", &parts.idf),
            ("weights", &parts.weights),
            ("bias", &parts.bias),
        ] {
            let bytes = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            arrays.push((format!("{index}.{part}"), Dtype::F32, values.len(), bytes));
        }
    }
    let views = arrays
        .iter()
        .map(|(name, dtype, length, bytes)| {
            TensorView::new(*dtype, vec![*length], bytes).map(|view| (name.clone(), view))
        })
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(failed)?;
    let bytes = safetensors::serialize(views, Some(about)).map_err(failed)?;
    files::write_atomic(&path, &bytes)
}

/// Reads the models of a file; none when there is no such file.
pub fn read(run: &RunDir, name: &str) -> Result<Vec<LinearText>> {
    let path = run.file(name);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let bytes = files::read_bytes(&path)?;
    let damaged = || TaskError::run(&path, format!("{name} is damaged"));
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|_| damaged())?;
    let about = header.metadata().clone().unwrap_or_default();
    let tensors = SafeTensors::deserialize(&bytes).map_err(|_| damaged())?;
    let array = |name: String| tensors.tensor(&name).map_err(|_| damaged());
    let floats = |name: String| -> Result<Vec<f32>> {
        let (words, _) = array(name)?.data().as_chunks::<4>();
        Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
    };
    (0..)
        .map_while(|index| {
            about
                .get(&format!("{index}.config"))
                .map(|config| (index, config))
        })
        .map(|(index, config)| {
            let keys = array(format!("{index}.keys"))?;
            let (keys, _) = keys.data().as_chunks::<8>();
            let classes = about.get(&format!("{index}.classes"));
            LinearText::from_parts(LinearTextParts {
                config: serde_json::from_str(config).map_err(|_| damaged())?,
                classes: classes.and_then(|n| n.parse().ok()).ok_or_else(damaged)?,
                keys: keys.iter().map(|key| u64::from_le_bytes(*key)).collect(),
                idf: floats(format!("{index}.idf"))?,
                weights: floats(format!("{index}.weights"))?,
                bias: floats(format!("{index}.bias"))?,
            })
            .ok_or_else(damaged)
        })
        .collect()
}
