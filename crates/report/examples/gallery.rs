//! Prints a page with every kind of block and chart: `cargo run --example gallery > page.html`.
//!
//! All numbers are made up by the generator below; they show the layout and nothing else.

use jiff::{ToSpan, civil::date};
use rekindle_report::*;

/// A small deterministic generator of numbers between -1 and 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    }
}

fn main() {
    print!("{}", page().to_html());
    // A second argument names a file for the heat map as a picture.
    if let Some(path) = std::env::args().nth(1)
        && let Some(Block::Chart(chart)) = attention().blocks.first()
    {
        let written = chart.to_png().map(|bytes| std::fs::write(path, bytes));
        eprintln!("{written:?}");
    }
}

fn page() -> Page {
    let fact = |a: &str, b: &str| (a.to_string(), b.to_string());
    Page {
        title: "Daily electricity demand, 28 days ahead".into(),
        subtitle:
            "Layout sample with made-up numbers: a GRU against seasonal-naive and linear baselines."
                .into(),
        facts: vec![
            fact("Task", "daily load, horizon 28"),
            fact("Model", "GRU, 1 layer, 64 units"),
            fact("Parameters", "17 473"),
            fact("Backend", "flex, 2 threads"),
            fact("Seed", "7"),
            fact("Data", "4 018 days, sha256 9f2c…71ab"),
            fact("Trained", "41 epochs in 1 min 52 s"),
            fact("Test period", "1 Jan – 31 Dec 2018"),
        ],
        headline: vec![
            figure(
                "Skill against last week",
                "+18.4 %",
                "95 % interval +14.9 to +21.6 %",
                Verdict::Good,
            ),
            figure(
                "Skill against linear",
                "+1.2 %",
                "95 % interval −0.8 to +3.1 %",
                Verdict::Neutral,
            ),
            figure(
                "Mean absolute error",
                "1.86 GW",
                "1 340 forecasts",
                Verdict::Neutral,
            ),
            figure(
                "80 % interval covers",
                "71.3 %",
                "should be 80 %",
                Verdict::Bad,
            ),
        ],
        notes: vec![
            Note {
                kind: NoteKind::Warning,
                text: "The 80 % intervals are too narrow: they covered 71.3 % of the test days."
                    .into(),
            },
            Note {
                kind: NoteKind::Info,
                text:
                    "A gap of 28 days separates the parts, so that no window sees its own future."
                        .into(),
            },
        ],
        sections: vec![
            data(),
            training(),
            results(),
            calibration(),
            attention(),
            reproduce(),
        ],
        footer: "Made by rekindle-report. All numbers on this sample page are made up.".into(),
    }
}

fn figure(label: &str, value: &str, detail: &str, verdict: Verdict) -> Figure {
    Figure {
        label: label.into(),
        value: value.into(),
        detail: detail.into(),
        verdict,
    }
}

fn chart(title: &str, caption: &str, kind: ChartKind) -> Chart {
    Chart {
        title: title.into(),
        caption: caption.into(),
        kind,
    }
}

fn load(day: i32, noise: &mut Noise) -> f64 {
    let t = f64::from(day);
    let week = if day % 7 > 4 { -6.0 } else { 1.5 };
    46.0 + 9.0 * (t * std::f64::consts::TAU / 365.25).cos() + week + 2.2 * noise.next()
}

fn data() -> Section {
    let start = date(2008, 1, 1);
    let mut noise = Noise(3);
    let dates = (0..4018).map(|i| start + i.days()).collect();
    let mut values: Vec<f64> = (0..4018).map(|i| load(i, &mut noise)).collect();
    values[2200] = 12.0;
    values[1000..1060].fill(f64::NAN);
    let span = |name: &str, from, to| SplitSpan {
        name: name.into(),
        from,
        to,
    };
    Section {
        title: "The data".into(),
        lead: "One value a day. The model learns on the first part, is chosen on the second and judged once on the third.".into(),
        blocks: vec![Block::Chart(chart(
            "The series and its parts",
            "A gap in early autumn 2010 and the outage of January 2014 are in the data as published.",
            ChartKind::Split {
                dates,
                values,
                y_label: "load, GW".into(),
                spans: vec![
                    span("train", date(2008, 1, 1), date(2016, 11, 30)),
                    span("gap", date(2016, 12, 1), date(2016, 12, 28)),
                    span("validation", date(2016, 12, 29), date(2017, 11, 30)),
                    span("gap", date(2017, 12, 1), date(2017, 12, 28)),
                    span("test", date(2017, 12, 29), date(2018, 12, 31)),
                ],
            },
        ))],
    }
}

fn training() -> Section {
    let mut noise = Noise(11);
    let x: Vec<f64> = (1..=41).map(f64::from).collect();
    let mut curve = |name: &str, floor: f64, drift: f64, jitter: f64| Curve {
        name: name.into(),
        y: x.iter()
            .map(|e| floor + 0.75 * (-e / 6.0).exp() + drift * e + jitter * noise.next())
            .collect(),
        x: x.clone(),
    };
    let curves = vec![
        curve("training", 0.2, -0.001, 0.004),
        curve("validation", 0.24, 0.0012, 0.012),
    ];
    Section {
        title: "Training".into(),
        lead: "Both curves should fall together. The weights come from the epoch with the lowest validation loss.".into(),
        blocks: vec![Block::Chart(chart(
            "Loss by epoch",
            "Pinball loss, scaled so that predicting the training mean scores 1.",
            ChartKind::Curves {
                x_label: "epoch".into(),
                y_label: "loss".into(),
                curves,
                mark_x: Some((21.0, "best: epoch 21".into())),
            },
        ))],
    }
}

fn results() -> Section {
    let cell = |text: &str, detail: &str, best| Cell {
        text: text.into(),
        detail: (!detail.is_empty()).then(|| detail.into()),
        best,
    };
    let row = |label: &str, cells, emphasis| TableRow {
        label: label.into(),
        cells,
        emphasis,
    };
    let table = Table {
        caption: "Errors on the test period, with 95 % intervals".into(),
        columns: ["Model", "MAE, GW", "RMSE, GW", "Pinball", "Skill", "Time"]
            .map(String::from)
            .into(),
        rows: vec![
            row(
                "GRU, 64 units",
                vec![
                    cell("1.86", "1.79 – 1.93", true),
                    cell("2.51", "2.40 – 2.63", false),
                    cell("0.71", "0.68 – 0.74", true),
                    cell("+18.4 %", "+14.9 – +21.6", true),
                    cell("112 s", "", false),
                ],
                true,
            ),
            row(
                "Linear, 56 lags",
                vec![
                    cell("1.88", "1.80 – 1.97", false),
                    cell("2.49", "2.38 – 2.61", true),
                    cell("0.73", "0.70 – 0.77", false),
                    cell("+17.5 %", "+14.2 – +20.3", false),
                    cell("0.4 s", "", false),
                ],
                false,
            ),
            row(
                "Seasonal naive, 7 days",
                vec![
                    cell("2.28", "2.17 – 2.40", false),
                    cell("3.12", "2.95 – 3.30", false),
                    cell("0.94", "0.90 – 0.99", false),
                    cell("0 %", "", false),
                    cell("–", "", false),
                ],
                false,
            ),
        ],
    };
    let bar = |name: &str, value: f64, half: f64, emphasis| Bar {
        name: name.into(),
        value,
        lower: Some(value - half),
        upper: Some(value + half),
        emphasis,
    };
    let mut noise = Noise(5);
    let steps = (1..=28)
        .map(|h| {
            bar(
                &h.to_string(),
                26.0 * (-f64::from(h) / 12.0).exp() - 2.0 + noise.next(),
                2.4,
                true,
            )
        })
        .collect();
    let models = vec![
        bar("GRU, 64 units", 1.86, 0.07, true),
        bar("Linear, 56 lags", 1.88, 0.08, false),
        bar("Seasonal naive, 7 days", 2.28, 0.11, false),
        bar("Mean of the training years", 5.35, 0.2, false),
    ];
    Section {
        title: "Results".into(),
        lead: "Skill is one minus the ratio of the model's error to the baseline's: above zero is better than the baseline.".into(),
        blocks: vec![
            Block::Table(table),
            Block::Row(vec![
                Block::Chart(chart("Mean absolute error by model", "Shorter is better. Whiskers: 95 % block bootstrap.",
                    ChartKind::Bars { y_label: "mean absolute error, GW".into(), bars: models, zero_line: false })),
                Block::Chart(chart("Skill by days ahead", "Above zero: better than last week's value.",
                    ChartKind::Bars { y_label: "skill, %".into(), bars: steps, zero_line: true })),
            ]),
            Block::Chart(fan()),
        ],
    }
}

fn fan() -> Chart {
    let start = date(2018, 9, 1);
    let mut noise = Noise(17);
    let all: Vec<f64> = (0..112).map(|i| load(i + 244, &mut noise)).collect();
    let dates: Vec<_> = (84..112).map(|i| start + i.days()).collect();
    let mut quiet = Noise(23);
    let median: Vec<f64> = all[84..].iter().map(|v| v + 1.1 * quiet.next()).collect();
    let band = |name: &str, scale: f64| {
        let half = |i: usize| scale * (1.2 + 0.09 * i as f64);
        Band {
            name: name.into(),
            lower: median
                .iter()
                .enumerate()
                .map(|(i, m)| m - half(i))
                .collect(),
            upper: median
                .iter()
                .enumerate()
                .map(|(i, m)| m + half(i))
                .collect(),
        }
    };
    let mut truth: Vec<Option<f64>> = all[84..].iter().copied().map(Some).collect();
    truth[22..].fill(None);
    let bands = vec![band("50 %", 0.9), band("80 %", 1.8)];
    chart(
        "One forecast from the test period",
        "Chosen as the forecast with the median error, not the best one.",
        ChartKind::Fan {
            y_label: "load, GW".into(),
            history: (0..84)
                .map(|i| (start + (i as i64).days(), all[i]))
                .collect(),
            dates,
            truth,
            baseline: Some((
                "last week's value".into(),
                (0..28).map(|i| all[77 + i % 7]).collect(),
            )),
            median,
            bands,
        },
    )
}

fn calibration() -> Section {
    let points = [0.1, 0.25, 0.5, 0.8, 0.9, 0.95]
        .map(|p: f64| {
            let observed = p - 0.32 * p * (1.0 - p) - 0.03 * p;
            CalibrationMark {
                nominal: p,
                observed,
                lower: observed - 0.04,
                upper: (observed + 0.04).min(1.0),
            }
        })
        .to_vec();
    let mut noise = Noise(29);
    let values = (0..1340)
        .map(|_| 2.0 * (noise.next() + noise.next() + noise.next()))
        .collect();
    Section {
        title: "Can the intervals be trusted?".into(),
        lead: "An 80 % interval should hold the truth four times out of five.".into(),
        blocks: vec![Block::Row(vec![
            Block::Chart(chart(
                "Coverage",
                "On the diagonal the intervals keep their promise.",
                ChartKind::Calibration {
                    points,
                    name: "GRU, 64 units".into(),
                },
            )),
            Block::Chart(chart(
                "Errors",
                "Forecast minus truth; the dashed line is no error.",
                ChartKind::Histogram {
                    x_label: "error, GW".into(),
                    values,
                    bins: 32,
                },
            )),
        ])],
    }
}

fn attention() -> Section {
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    let rows = words("Ein Mann in einem blau ·en Hemd steht auf einer Leiter . (end)");
    let columns = words("A man in a blue shirt is standing on a ladder . (end)");
    let at = [0, 1, 2, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12];
    let near = |row: usize, column: usize| (-(at[row] as f64 - column as f64).powi(2)).exp() / 1.8;
    let cells = (0..rows.len()).flat_map(|row| (0..columns.len()).map(move |c| (row, c)));
    let values = cells.map(|(row, column)| near(row, column)).collect();
    Section {
        title: "What it looked at".into(),
        lead: "Weights of an attention.".into(),
        blocks: vec![Block::Chart(chart(
            "A man in a blue shirt is standing on a ladder.",
            "Down: pieces written; across: pieces read.",
            ChartKind::HeatMap(HeatMap {
                rows,
                columns,
                values,
            }),
        ))],
    }
}

fn reproduce() -> Section {
    Section {
        title: "Run it again".into(),
        lead: String::new(),
        blocks: vec![
            Block::Text("The same command on the same data gives the same numbers.\n\nOther backends agree to about four digits.".into()),
            Block::Code("rekindle train daily-load --model gru --units 64 --seed 7\nrekindle report runs/daily-load-7".into()),
            Block::Chart(chart("Nothing here", "A chart without numbers says so.",
                ChartKind::Histogram { x_label: String::new(), values: vec![f64::NAN], bins: 0 })),
        ],
    }
}
