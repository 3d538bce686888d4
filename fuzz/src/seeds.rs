//! Files to damage.

fn texts_of(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Tables of dates and numbers.
pub fn tables() -> Vec<Vec<u8>> {
    let days =
        (1..=28).map(|day| format!("2024-02-{day:02},{day}.5,{},9,{day}.25,1000\n", day + 1));
    let daily = "Date,Open,High,Low,Close,Volume\n".to_string() + &days.collect::<String>();
    let hours = (0..24).map(|hour| format!("2024-02-01 {hour:02}:00;a;{hour},5\n"));
    let hourly = "time;series;value\n".to_string() + &hours.collect::<String>();
    let panel =
        (1..=9).map(|day| format!("2024-03-0{day},AAPL,{day}.5\n2024-03-0{day},\"B,C\",7\n"));
    let panel = "date,symbol,close\n".to_string() + &panel.collect::<String>();
    let months = "month,value\n2020-01,1\n2020-02,2\n2020-03,\n2020-04,4\n";
    texts_of(&[&daily, &hourly, &panel, months, "a\tb\n1\t2\n"])
}

/// Tables of texts and labels.
pub fn texts() -> Vec<Vec<u8>> {
    texts_of(&[
        "text,label\n\"a mail, with a comma\",sales\n\"two\nlines\",support\nthree,sales\n",
        "id\ttext\tlabel\n1\tgood film\t1\n2\tbad film\t0\n",
        "{\"text\": \"one\", \"label\": \"a\"}\n{\"text\": \"two\", \"label\": \"b\"}\n",
        "\u{feff}text;label\ncaf\u{e9};x\n\"\"\"quoted\"\"\";y\n",
    ])
}

/// Pairs of texts.
pub fn pairs() -> Vec<Vec<u8>> {
    texts_of(&[
        "Go.\tVa !\tCC-BY 2.0\nHi.\tSalut !\tCC-BY 2.0\n",
        "en\tfr\nA dog.\tUn chien.\nA cat.\tUn chat.\n",
        "source,target\n\"one, two\",\"un, deux\"\n",
    ])
}

/// Manifests.
pub fn manifests() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../crates/tasks/datasets/imdb.toml").to_vec()]
}

/// Token vectors.
pub fn vectors() -> Vec<Vec<u8>> {
    let mut binary = b"2 3\nthe ".to_vec();
    for value in [0.5_f32, -1.0, 2.0] {
        binary.extend(value.to_le_bytes());
    }
    binary.extend(b"\ncat ");
    for value in [0.25_f32, 1.0, -2.0] {
        binary.extend(value.to_le_bytes());
    }
    let mut all = texts_of(&[
        "the 0.1 0.2 0.3\ncat 1 2 3\n",
        "2 3\nthe 0.1 0.2 0.3\ncat 1 2 3\n",
    ]);
    all.push(binary);
    all
}

/// Weights as safetensors.
pub fn safetensors() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../crates/weights/tests/golden/keras_gru_1.safetensors").to_vec()]
}

/// Weights as PyTorch writes them.
pub fn pt() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../crates/weights/tests/golden/torch_elman_1.pt").to_vec()]
}

/// Weights as NumPy writes them.
pub fn npz() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../crates/weights/tests/golden/keras_gru_1.npz").to_vec()]
}

/// Two images of two by two pixels.
pub fn idx() -> Vec<Vec<u8>> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2];
    bytes.extend(0..8);
    vec![bytes]
}

/// Task files, with lines of `--set`.
pub fn task_files() -> Vec<Vec<u8>> {
    let preset = |text: &str, set: &str| format!("{text}\n--set\n{set}\n");
    texts_of(&[
        &preset(
            include_str!("../../crates/tasks/presets/news.toml"),
            "epochs=3\nlearning_rate=1e-3\ncell=gru",
        ),
        &preset(
            "kind = \"forecast\"\n[data]\ntrain = \"a.csv\"\n[settings]\nhorizon = 3\n",
            "horizon=24\nnetworks=2\nd_hidden=16",
        ),
    ])
}
