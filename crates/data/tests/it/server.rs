//! A web server for one test: it answers each request as told and remembers what was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How to answer a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 200 or, to a range, 206.
    Serve,
    /// The same, but the connection is cut after so many bytes of the body.
    Cut(usize),
    /// The same, but after so many bytes nothing more comes.
    Stall(usize),
    /// The whole file, whatever range is asked for.
    Whole,
    /// A 206 that starts one byte too far.
    Shifted,
    /// A status and no file.
    Status(u16),
}

/// The server; it lives until the test ends.
pub struct Server {
    address: SocketAddr,
    ranges: Arc<Mutex<Vec<Option<u64>>>>,
}

impl Server {
    /// Serves `body`, answering requests in the order of `answers`, then with the last of them.
    pub fn new(body: &'static [u8], answers: &'static [Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&ranges);
        std::thread::spawn(move || {
            for (index, stream) in listener.incoming().enumerate() {
                let stream = stream.expect("a connection");
                let range = requested_range(&mut BufReader::new(&stream));
                asked.lock().expect("no panic").push(range);
                let answer = answers[index.min(answers.len() - 1)];
                // In a thread of its own, as the next request may come while this one stalls.
                std::thread::spawn(move || {
                    // The client may be gone already.
                    let _ = reply(&stream, body, answer, range);
                });
            }
        });
        Self { address, ranges }
    }

    /// Where the file is.
    pub fn url(&self) -> String {
        format!("http://{}/folder/file.csv", self.address)
    }

    /// For each request, the first byte of the range it asked for.
    pub fn asked(&self) -> Vec<Option<u64>> {
        self.ranges.lock().expect("no panic").clone()
    }
}

/// An address nobody listens at.
pub fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!(
        "http://{}/file.csv",
        listener.local_addr().expect("an address")
    )
}

fn requested_range(reader: &mut impl BufRead) -> Option<u64> {
    let mut range = None;
    for line in reader.lines() {
        let line = line.expect("a request is text").to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.trim_end_matches('-').parse().ok();
        }
        // A range of a compressed answer would be no range of the file.
        assert!(
            !line.starts_with("accept-encoding:") || line.ends_with("identity"),
            "{line}"
        );
    }
    range
}

fn reply(
    mut stream: impl Write,
    body: &[u8],
    answer: Answer,
    range: Option<u64>,
) -> std::io::Result<()> {
    let start = match (answer, range) {
        (Answer::Whole, _) | (_, None) => 0,
        (Answer::Shifted, Some(start)) => start as usize + 1,
        (_, Some(start)) => start as usize,
    };
    let status = match answer {
        Answer::Status(status) => status,
        _ if start > 0 => 206,
        _ => 200,
    };
    if status >= 300 {
        return write!(
            stream,
            "HTTP/1.1 {status} Sorry\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let rest = body.get(start..).unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status} Fine\r\nContent-Length: {}\r\n",
        rest.len()
    )?;
    if status == 206 {
        let (end, total) = (body.len() - 1, body.len());
        write!(stream, "Content-Range: bytes {start}-{end}/{total}\r\n")?;
    }
    write!(stream, "Connection: close\r\n\r\n")?;
    let most = match answer {
        Answer::Cut(most) | Answer::Stall(most) => most.min(rest.len()),
        _ => rest.len(),
    };
    stream.write_all(&rest[..most])?;
    stream.flush()?;
    if matches!(answer, Answer::Stall(_)) {
        std::thread::sleep(Duration::from_secs(5));
    }
    Ok(())
}
