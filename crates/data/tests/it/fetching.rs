//! Downloads against a server that behaves, and against servers that do not.

use crate::server::{Answer, Server, closed_port};
use crate::support::three_lines;
use insta::assert_snapshot;
use rekindle_data::{FetchOptions, Manifest, ManifestFile, Progress, fetch};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const BODY: &[u8] = b"Date,Close\n2018-09-28,233.75\n2018-09-27,233.25\n2018-09-26,234.25\n";
const HASH: &str = "bf46682c472af9787d7dfc25aa2603eb3eac790113534b7d3f9e894cd31f3642";
const PATH: &str = "stock/file.csv";

/// What a progress bar is told.
#[derive(Default)]
struct Told {
    starts: Vec<(Option<u64>, u64)>,
    bytes: u64,
    finished: usize,
}

impl Progress for Told {
    fn start(&mut self, file: &str, total: Option<u64>, already: u64) {
        assert_eq!(file, PATH);
        self.starts.push((total, already));
    }

    fn advance(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    fn finish(&mut self) {
        self.finished += 1;
    }
}

/// A folder to download into.
struct Place {
    folder: tempfile::TempDir,
    manifest: Manifest,
    told: Told,
}

impl Place {
    fn new(url: Option<String>) -> Self {
        let file = ManifestFile {
            path: PATH.to_string(),
            url,
            sha256: Some(HASH.to_string()),
            bytes: Some(BODY.len() as u64),
            unpack: None,
        };
        let manifest = Manifest {
            name: "test".to_string(),
            title: "A test".to_string(),
            licence: "none".to_string(),
            homepage: "https://example.org/test".to_string(),
            citation: None,
            note: None,
            files: vec![file],
        };
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            manifest,
            told: Told::default(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(PATH)
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join(format!("{PATH}.part"))
    }

    fn leave(&self, path: PathBuf, bytes: &[u8]) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    fn fetch(&mut self) -> Result<Vec<PathBuf>, String> {
        let options = FetchOptions {
            retries: 2,
            timeout: Duration::from_millis(500),
            backoff: Duration::from_millis(1),
        };
        let fetched = fetch(&self.manifest, self.folder.path(), &options, &mut self.told);
        fetched.map_err(|error| {
            let folder = self.folder.path().display().to_string();
            three_lines(&error).replace(&folder, "FOLDER")
        })
    }

    fn succeed(&mut self) {
        assert_eq!(self.fetch(), Ok(vec![self.file()]));
        assert_eq!(fs::read(self.file()).expect("it is there"), BODY);
        assert!(!self.part().exists());
        assert_eq!(self.told.starts.len(), self.told.finished);
    }

    /// The error, with the port taken out; there must be no file.
    fn fail(&mut self) -> String {
        let message = self.fetch().expect_err("this must fail");
        assert!(!self.file().exists());
        assert_eq!(self.told.starts.len(), self.told.finished);
        let address = message
            .split("//")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        message.replace(address.unwrap_or("127.0.0.1"), "HOST")
    }
}

fn with(answers: &'static [Answer]) -> (Server, Place) {
    let server = Server::new(BODY, answers);
    let place = Place::new(Some(server.url()));
    (server, place)
}

#[test]
fn a_file_is_fetched_once() {
    let (server, mut place) = with(&[Answer::Serve]);
    place.succeed();
    place.succeed();
    assert_eq!(server.asked(), [None]);
    assert_eq!(place.told.starts, [(Some(BODY.len() as u64), 0)]);
    assert_eq!(place.told.bytes, BODY.len() as u64);
}

#[test]
fn a_cut_connection_is_resumed_by_range() {
    let (server, mut place) = with(&[Answer::Cut(20), Answer::Cut(10), Answer::Serve]);
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20), Some(30)]);
    let total = Some(BODY.len() as u64);
    assert_eq!(place.told.starts, [(total, 0), (total, 20), (total, 30)]);
    assert_eq!(place.told.bytes, BODY.len() as u64);
}

#[test]
fn a_slow_line_that_gets_on_is_not_given_up() {
    // Far more cuts than retries, but each brings some bytes.
    let (server, mut place) = with(&[Answer::Cut(7)]);
    place.succeed();
    assert_eq!(server.asked().len(), BODY.len().div_ceil(7));
}

#[test]
fn a_stalled_connection_is_cut_and_resumed() {
    let (server, mut place) = with(&[Answer::Stall(20), Answer::Serve]);
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20)]);
}

#[test]
fn a_part_from_an_earlier_call_is_continued() {
    let (server, mut place) = with(&[Answer::Serve]);
    place.leave(place.part(), &BODY[..33]);
    place.succeed();
    assert_eq!(server.asked(), [Some(33)]);
}

#[test]
fn a_complete_part_needs_no_server() {
    let mut place = Place::new(Some(closed_port()));
    place.leave(place.part(), BODY);
    place.succeed();
}

#[test]
fn a_part_that_does_not_fit_is_fetched_anew() {
    let (server, mut place) = with(&[Answer::Serve]);
    place.leave(place.part(), b"something else");
    place.succeed();
    assert_eq!(server.asked(), [Some(14), None]);
    let (server, mut place) = with(&[Answer::Serve]);
    place.leave(place.part(), &[b'x'; 1000]);
    place.succeed();
    assert_eq!(server.asked(), [None]);
}

#[test]
fn a_part_is_not_trusted_without_a_hash() {
    let (server, mut place) = with(&[Answer::Cut(20), Answer::Serve]);
    place.manifest.files[0].sha256 = None;
    place.leave(place.part(), b"something else");
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20)]);
}

#[test]
fn a_server_that_ignores_the_range_starts_over() {
    let (server, mut place) = with(&[Answer::Cut(20), Answer::Whole]);
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20)]);
    assert_eq!(place.told.starts[1], (Some(BODY.len() as u64), 0));
}

#[test]
fn another_range_than_the_one_asked_for_is_refused() {
    let (server, mut place) = with(&[Answer::Cut(20), Answer::Shifted, Answer::Serve]);
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20), None]);
}

#[test]
fn a_refused_range_starts_over() {
    let (server, mut place) = with(&[Answer::Cut(20), Answer::Status(416), Answer::Serve]);
    place.succeed();
    assert_eq!(server.asked(), [None, Some(20), None]);
}

#[test]
fn a_wrong_file_is_replaced() {
    let (_server, mut place) = with(&[Answer::Serve]);
    place.leave(place.file(), b"an old version");
    place.succeed();
}

#[test]
fn a_server_error_is_retried() {
    let (server, mut place) = with(&[Answer::Status(500), Answer::Serve]);
    place.succeed();
    assert_eq!(server.asked().len(), 2);
    let (server, mut place) = with(&[Answer::Status(503)]);
    assert_snapshot!(place.fail(), @r"
    error: the server answered 503
       at: http://HOST/folder/file.csv
     help: try again later, or put the file at FOLDER/stock/file.csv by hand
    ");
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_file_that_is_gone_is_not_retried() {
    let (server, mut place) = with(&[Answer::Status(404)]);
    assert_snapshot!(place.fail(), @r"
    error: the server answered 404
       at: http://HOST/folder/file.csv
     help: put the file at FOLDER/stock/file.csv by hand
    ");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn wrong_contents_are_deleted() {
    let (_server, mut place) = with(&[Answer::Serve]);
    place.manifest.files[0].sha256 = Some("0".repeat(64));
    assert_snapshot!(place.fail(), @r"
    error: the server sent contents whose SHA-256 is not the one expected
       at: http://HOST/folder/file.csv
     help: the download was deleted; the file at this address has changed, or something on the way changes it
    ");
    assert!(!place.part().exists());
    place.manifest.files[0].bytes = Some(5);
    assert_snapshot!(place.fail(), @r"
    error: the server sent more than the 5 bytes expected
       at: http://HOST/folder/file.csv
     help: the download was deleted; the file at this address has changed, or something on the way changes it
    ");
    assert!(!place.part().exists());
    place.manifest.files[0].bytes = Some(5000);
    assert_snapshot!(place.fail(), @r"
    error: the server sent 65 bytes instead of the 5000 expected
       at: http://HOST/folder/file.csv
     help: the download was deleted; the file at this address has changed, or something on the way changes it
    ");
    assert!(!place.part().exists());
}

#[test]
fn no_network_is_one_clear_error() {
    let mut place = Place::new(Some(closed_port()));
    assert_snapshot!(place.fail(), @r"
    error: the host HOST could not be reached
       at: http://HOST/file.csv
     help: check the network, or put the file at FOLDER/stock/file.csv by hand
    ");
    let mut place = Place::new(Some("http://no-such-host.invalid/file.csv".to_string()));
    assert_snapshot!(place.fail(), @r"
    error: the host HOST could not be reached
       at: http://HOST/file.csv
     help: check the network, or put the file at FOLDER/stock/file.csv by hand
    ");
}

#[test]
fn what_has_no_address_is_fetched_by_hand() {
    let mut place = Place::new(None);
    assert_snapshot!(place.fetch().expect_err("no address"), @r"
    error: stock/file.csv must be fetched by hand
       at: https://example.org/test
     help: it has no public address; put it at FOLDER/stock/file.csv
    ");
    place.manifest.note = Some("log in and take file.csv".to_string());
    assert_snapshot!(place.fetch().expect_err("no address"), @r"
    error: stock/file.csv must be fetched by hand
       at: https://example.org/test
     help: log in and take file.csv; put it at FOLDER/stock/file.csv
    ");
    place.leave(place.file(), BODY);
    place.succeed();
    let mut place = Place::new(Some("https://example.org/all.zip".to_string()));
    place.manifest.files[0].unpack = Some("all/file.csv".to_string());
    assert_snapshot!(place.fetch().expect_err("an archive"), @r"
    error: stock/file.csv must be fetched by hand
       at: https://example.org/all.zip
     help: take all/file.csv out of the archive; put it at FOLDER/stock/file.csv
    ");
}

#[test]
fn several_at_once_wait_for_one_another() {
    // The first one to come is cut twice, and all the while the others find its part.
    let (server, place) = with(&[Answer::Cut(20), Answer::Cut(20), Answer::Serve]);
    let fetch_once = || {
        let options = FetchOptions {
            retries: 2,
            timeout: Duration::from_millis(500),
            backoff: Duration::from_millis(50),
        };
        fetch(&place.manifest, place.folder.path(), &options, &mut ())
            .map_err(|error| three_lines(&error))
    };
    std::thread::scope(|scope| {
        let all = [0, 1, 2].map(|_| scope.spawn(fetch_once));
        for one in all {
            let fetched = one.join().expect("no panic");
            assert_eq!(fetched, Ok(vec![place.file()]));
        }
    });
    assert_eq!(fs::read(place.file()).expect("it is there"), BODY);
    assert_eq!(server.asked().len(), 3, "one of them downloads");
    let folder = place.file();
    let folder = folder.parent().expect("a folder");
    assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
}
