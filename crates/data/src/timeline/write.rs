//! Series as a table that can be read back.

use super::assemble::Timeline;

/// The last `most` values of each series as CSV, with the columns of the file they came from.
pub fn write_times(timeline: &Timeline, most: usize) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let [time, target, series] = &timeline.columns;
    let mut header: Vec<&str> = vec![time, target];
    if !series.is_empty() {
        header.push(series);
    }
    header.extend(
        timeline
            .covariates
            .iter()
            .map(|covariate| covariate.name.as_str()),
    );
    writer.write_record(&header)?;
    let form = &timeline.form;
    for (index, one) in timeline.series.iter().enumerate() {
        let from = one.values.len().saturating_sub(most);
        for step in from..one.values.len() {
            let stamp = timeline.time(index, step);
            let mut row = vec![
                stamp.map(|stamp| form.write(stamp)).unwrap_or_default(),
                one.values[step].to_string(),
            ];
            if !series.is_empty() {
                row.push(one.name.clone());
            }
            for (covariate, values) in timeline.covariates.iter().zip(&one.covariates) {
                let value = values[step];
                let category = (value >= 0.0)
                    .then(|| covariate.categories.get(value as usize))
                    .flatten();
                row.push(match category {
                    Some(category) => category.clone(),
                    None if value.is_nan() => String::new(),
                    None => value.to_string(),
                });
            }
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error())
}
