//! The workspace's shape, checked: which way dependencies point and who may touch the outside.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each workspace member may depend on, for any purpose.
const ARROWS: [(&str, &[&str]); 12] = [
    (
        "rekindle",
        &[
            "rekindle-tasks",
            "rekindle-train",
            "rekindle-data",
            "rekindle-kernels",
        ],
    ),
    (
        "rekindle-tasks",
        &[
            "rekindle-train",
            "rekindle-data",
            "rekindle-models",
            "rekindle-eval",
            "rekindle-kernels",
            "rekindle-report",
        ],
    ),
    (
        "rekindle-train",
        &[
            "rekindle-data",
            "rekindle-models",
            "rekindle-kernels",
            "rekindle-report",
        ],
    ),
    ("rekindle-models", &["rekindle-kernels"]),
    ("rekindle-weights", &["rekindle-models", "rekindle-kernels"]),
    (
        "rekindle-benches",
        &[
            "rekindle-data",
            "rekindle-models",
            "rekindle-eval",
            "rekindle-kernels",
            "rekindle-report",
        ],
    ),
    (
        "rekindle-fuzz",
        &[
            "rekindle-data",
            "rekindle-tasks",
            "rekindle-train",
            "rekindle-weights",
        ],
    ),
    ("rekindle-data", &[]),
    ("rekindle-eval", &[]),
    // Itself: its tests turn its backends on.
    ("rekindle-kernels", &["rekindle-kernels"]),
    ("rekindle-report", &[]),
    ("xtask", &[]),
];

/// Crates whose types are a backend's own.
const PRIMITIVES: [&str; 8] = [
    "burn-autodiff",
    "burn-backend",
    "burn-cubecl",
    "burn-dispatch",
    "burn-flex",
    "burn-ndarray",
    "burn-tch",
    "cubecl",
];

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .nth(2)
        .expect("the crate lies two folders down")
        .to_path_buf()
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn host() -> String {
    let output = cargo().arg("-vV").output().expect("cargo runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("cargo names its host")
        .to_owned()
}

fn metadata() -> Metadata {
    // Another platform's crates need not be on this machine, and no network is asked for them.
    let options = ["--offline", "--locked", "--filter-platform"].map(str::to_owned);
    MetadataCommand::new()
        .current_dir(root())
        .other_options(options.into_iter().chain([host()]).collect::<Vec<_>>())
        .exec()
        .expect("cargo metadata answers")
}

fn is_arrow(from: &str, to: &str) -> bool {
    ARROWS
        .iter()
        .any(|(member, allowed)| *member == from && allowed.contains(&to))
}

fn direct<'a>(package: &'a Package, kinds: &[DependencyKind]) -> BTreeSet<&'a str> {
    let wanted = package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind));
    wanted.map(|dependency| dependency.name.as_str()).collect()
}

/// The names of everything that `package` links, itself left out.
fn linked(metadata: &Metadata, package: &Package) -> BTreeSet<String> {
    let resolve = metadata
        .resolve
        .as_ref()
        .expect("dependencies are resolved");
    let nodes: HashMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: HashMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.to_string()))
        .collect();
    let mut seen = BTreeSet::new();
    let mut open = vec![&package.id];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let normal = |kind: &DependencyKind| *kind == DependencyKind::Normal;
            if dependency.dep_kinds.iter().any(|info| normal(&info.kind))
                && seen.insert(&dependency.pkg)
            {
                open.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter().map(|id| names[id].clone()).collect()
}

fn member<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    let members = metadata.workspace_packages();
    members
        .into_iter()
        .find(|package| package.name == name)
        .expect("the package is a member")
}

/// Every Rust file under `folder` with its text, comment lines taken out.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is text");
                found.push((path, code(&text)));
            }
        }
    }
    found
}

fn code(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Whether `path` stands in `text` as a path of its own, not as a part of a longer name.
fn mentions(text: &str, path: &str) -> bool {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(path).any(|(start, found)| {
        let after = text[start + found.len()..].chars().next();
        !text[..start].ends_with(word) && (path.ends_with(':') || !after.is_some_and(word))
    })
}

fn members_in(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder can be listed");
    let folders = entries.map(|entry| entry.expect("the folder can be listed").path());
    folders
        .filter(|path| path.join("Cargo.toml").is_file())
        .collect()
}

#[test]
fn dependencies_between_members_follow_the_arrows() {
    let metadata = metadata();
    let members: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    for package in metadata.workspace_packages() {
        let kinds = [
            DependencyKind::Normal,
            DependencyKind::Build,
            DependencyKind::Development,
        ];
        for dependency in direct(package, &kinds) {
            let allowed = !members.contains(dependency) || is_arrow(&package.name, dependency);
            assert!(allowed, "{} must not depend on {dependency}", package.name);
        }
    }
}

#[test]
fn data_eval_and_report_never_link_burn() {
    let metadata = metadata();
    for name in ["rekindle-data", "rekindle-eval", "rekindle-report"] {
        let linked = linked(&metadata, member(&metadata, name));
        let burn: Vec<_> = linked
            .iter()
            .filter(|name| *name == "burn" || name.starts_with("burn-") || name.contains("cubecl"))
            .collect();
        assert!(burn.is_empty(), "{name} links {burn:?}");
    }
    let tasks = linked(&metadata, member(&metadata, "rekindle-tasks"));
    assert!(tasks.contains("burn"), "the search above would miss burn");
}

#[test]
fn xtask_has_no_dependencies() {
    let metadata = metadata();
    assert!(
        member(&metadata, "xtask").dependencies.is_empty(),
        "xtask must compile in seconds"
    );
}

#[test]
fn only_kernels_names_primitives() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        if package.name == "rekindle-kernels" {
            continue;
        }
        let direct = direct(package, &[DependencyKind::Normal, DependencyKind::Build]);
        for backend in PRIMITIVES {
            let name = &package.name;
            assert!(!direct.contains(backend), "{name} depends on {backend}");
        }
    }
    for folder in members_in("crates") {
        // The binary asks WGPU for its adapter.
        if folder.ends_with("kernels") || folder.ends_with("cli") {
            continue;
        }
        for (path, text) in sources(&folder.join("src")) {
            let named = mentions(&text, "burn::backend");
            assert!(!named, "{} names burn::backend", path.display());
        }
    }
}

#[test]
fn models_do_no_io() {
    let metadata = metadata();
    let package = member(&metadata, "rekindle-models");
    let direct = direct(package, &[DependencyKind::Normal, DependencyKind::Build]);
    let outside = [
        "csv",
        "ureq",
        "tempfile",
        "flate2",
        "zstd",
        "liblzma",
        "memmap2",
        "reqwest",
        "walkdir",
        "etcetera",
        "indicatif",
    ];
    for name in outside {
        assert!(!direct.contains(name), "models depends on {name}");
    }
    for (path, text) in sources(&root().join("crates/models/src")) {
        for name in [
            "fs::",
            "env::",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
        ] {
            assert!(!mentions(&text, name), "{} uses {name}", path.display());
        }
    }
}

#[test]
fn only_the_command_line_reads_arguments_and_environment() {
    for folder in members_in("crates") {
        if folder.ends_with("cli") {
            continue;
        }
        for (path, text) in sources(&folder.join("src")) {
            for name in ["args", "args_os", "var", "var_os", "vars", "vars_os"] {
                let call = format!("env::{name}");
                assert!(!mentions(&text, &call), "{} calls {call}", path.display());
            }
        }
    }
}

#[test]
fn a_task_never_imports_another() {
    let folder = root().join("crates/tasks/src/tasks");
    let entries = fs::read_dir(&folder).expect("the folder can be listed");
    let names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    assert!(!names.is_empty(), "no task found in {}", folder.display());
    for task in &names {
        for (path, text) in sources(&folder.join(task)) {
            for other in names.iter().filter(|other| *other != task) {
                for import in [format!("tasks::{other}"), format!("super::{other}")] {
                    assert!(
                        !mentions(&text, &import),
                        "{} names {import}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn every_crate_takes_the_shared_lints_and_forbids_unsafe_code() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is there");
    assert!(
        workspace.contains("missing_docs = \"deny\""),
        "missing_docs is not denied"
    );

    let mut members = members_in("crates");
    members.extend(["benches", "fuzz", "xtask"].map(|name| root().join(name)));
    for folder in members {
        let manifest =
            fs::read_to_string(folder.join("Cargo.toml")).expect("listed by its manifest");
        let shown = folder.display();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{shown}: no shared lints"
        );
        // A fused kernel may need unsafe code.
        if folder.ends_with("kernels") {
            continue;
        }
        let roots = ["src/lib.rs", "src/main.rs", "src/with_libtorch.rs"];
        for file in roots.map(|file| folder.join(file)) {
            if let Ok(text) = fs::read_to_string(&file) {
                let forbids = text.contains("#![forbid(unsafe_code)]");
                assert!(forbids, "{} does not forbid unsafe code", file.display());
            }
        }
    }
}

#[test]
fn every_published_crate_says_what_it_is() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        if package.publish.is_some() {
            continue;
        }
        let (name, folder) = (&package.name, package.manifest_path.parent());
        let folder = folder.expect("a manifest is in a folder");
        assert!(package.description.is_some(), "{name}: no description");
        assert!(package.documentation.is_some(), "{name}: no documentation");
        assert!(
            (1..=5).contains(&package.keywords.len()),
            "{name}: 1 to 5 keywords"
        );
        assert!(!package.categories.is_empty(), "{name}: no categories");
        assert!(
            package.metadata["docs"]["rs"].is_object(),
            "{name}: docs.rs"
        );
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(folder.join(file).is_file(), "{name}: no {file}");
        }
    }
}

#[test]
fn the_snippet_of_the_readme_is_the_example_outside_the_workspace() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("the file is there");
    let (readme, example) = (
        read("README.md"),
        read("examples/outside/src/bin/snippet.rs"),
    );
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().to_string());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let (_, snippet) = readme.split_once("```rust\n").expect("a snippet");
    let (snippet, _) = snippet.split_once("```").expect("its end");
    let (_, body) = example.split_once("fn main() {\n").expect("a program");
    let mut body = lines(body);
    assert_eq!(body.pop().as_deref(), Some("}"));
    assert_eq!(lines(snippet), body);
}

/// The third-party packages of a `cargo tree`, each with its features.
fn features(selection: &[&str]) -> BTreeSet<String> {
    let output = cargo()
        .args([
            "tree",
            "--offline",
            "--locked",
            "--prefix",
            "none",
            "--format",
            "{p} [{f}]",
        ])
        .args(selection)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        // A path in parentheses marks a member.
        .filter(|line| !line.is_empty() && !line.contains(" (/") && !line.contains(":\\"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_test_build_takes_over_the_dependencies_of_a_run_build() {
    // A build script's copy may have other features than the linked one and must not hide it.
    for edges in ["normal,no-proc-macro", "normal,build"] {
        let run = features(&["--package", "rekindle", "--edges", edges]);
        let test = features(&["--workspace", "--edges", &format!("{edges},dev")]);
        let rebuilt: Vec<_> = run.difference(&test).collect();
        assert!(
            rebuilt.is_empty(),
            "tests turn on more features of these, so burn is built twice: {rebuilt:#?}\n\
             turn the same features on in the dependencies of crates/cli"
        );
    }
}
