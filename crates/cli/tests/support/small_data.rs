//! Small data that can be learned, made up for each task.

use std::path::Path;

/// Short texts of four subjects, by number.
fn text(at: usize) -> String {
    let subjects = [
        "bank stock market",
        "phone chip robot",
        "film star song",
        "virus doctor drug",
    ];
    let words: Vec<&str> = subjects[at % 4].split(' ').collect();
    let (one, other) = (words[at % 3], words[(at / 3) % 3]);
    format!("the {one} and {other} of day {}", at % 7)
}

/// A news table.
pub fn headlines(rows: usize) -> String {
    let mut table = "ID,TITLE,CATEGORY,STORY\n".to_string();
    for at in 0..rows {
        let class = ["b", "t", "e", "m"][at % 4];
        table += &format!("{at},{},{class},s{}\n", text(at), at / 2);
    }
    table
}

/// A table of reviews.
pub fn reviews(rows: usize) -> String {
    let mut table = "review,sentiment\n".to_string();
    for at in 0..rows {
        let class = ["negative", "positive"][at % 2];
        table += &format!("{},{class}\n", text(at));
    }
    table
}

/// A table of questions.
pub fn questions(rows: usize) -> String {
    let mut table = "qid,question_text,target\n".to_string();
    for at in 0..rows {
        table += &format!("q{at},{},{}\n", text(at), usize::from(at % 4 == 0));
    }
    table
}

/// A station whose air is dry and damp by turns.
pub fn weather(days: i64) -> String {
    let mut table =
        "Date,Location,MinTemp,MaxTemp,Temp9am,Temp3pm,Humidity9am,Humidity3pm,RainToday,\
                     RainTomorrow\n"
            .to_string();
    let damp = |day: i64| (day * day / 7 + day / 3) % 5 > 2;
    let rain = |day: i64| if damp(day) { "Yes" } else { "No" };
    for day in 0..days {
        let date = format!(
            "{}-{:02}-{:02}",
            2010 + day / 336,
            day / 28 % 12 + 1,
            day % 28 + 1
        );
        let (humidity, warm) = (if damp(day) { 80 } else { 30 } + day % 11, 15 + day % 9);
        table += &format!(
            "{date},Here,{},{},{},{},{humidity},{},{},{}\n",
            warm - 5,
            warm + 5,
            warm,
            warm + 3,
            humidity - 7,
            rain(day),
            rain(day + 1)
        );
    }
    table
}

/// Captions of four to six words, and the same turned around.
fn captions(rows: usize) -> [String; 2] {
    let line = |at: usize| {
        let words = text(at);
        words
            .split(' ')
            .skip(1)
            .take(2 + at % 4)
            .map(String::from)
            .collect::<Vec<_>>()
    };
    let join = |turned: bool| {
        let lines = (0..rows).map(|at| {
            let mut words = line(at);
            if turned {
                words.reverse();
            }
            words.join(" ") + "\n"
        });
        lines.collect::<String>()
    };
    [join(false), join(true)]
}

/// So many pairs to train on, to validate and to test.
pub fn write_captions(folder: &Path, rows: [usize; 3]) {
    let folder = folder.join("multi30k");
    std::fs::create_dir(&folder).expect("a folder");
    for (part, rows) in ["train", "val", "test_2016_flickr"].iter().zip(rows) {
        for (language, lines) in ["en", "de"].iter().zip(captions(rows)) {
            std::fs::write(folder.join(format!("{part}.{language}")), lines).expect("written");
        }
    }
}
