//! What the documents name exists.

use std::collections::BTreeSet;

fn readme() -> String {
    std::fs::read_to_string(super::root().join("README.md")).unwrap()
}

/// Every text between backticks, blocks left out.
fn inline_code(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn rooms_and_files_named_in_the_documents_exist() {
    let folders = ["crates/", "docs/", "workers/", "wrangler/", "migrations/", "tests/", "tools/"];
    for (document, text, least) in
        [("README", readme(), 10), ("docs/protocol.md", super::protocol::document(), 5)]
    {
        let mut looked_at = 0;
        for name in inline_code(&text) {
            if folders.iter().any(|folder| name.starts_with(folder)) && !name.contains(' ') {
                looked_at += 1;
                assert!(super::root().join(&name).exists(), "{document} names {name}: not there");
            }
        }
        assert!(looked_at >= least, "{document} names {looked_at} rooms and files");
    }
}

#[test]
fn links_of_the_readme_lead_somewhere() {
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let ours: Vec<&str> = targets.filter(|target| !target.contains("://")).collect();
    assert!(!ours.is_empty(), "the README links no document");
    for target in ours {
        assert!(super::root().join(target).exists(), "the README links {target}: not there");
    }
}

#[test]
fn every_room_is_in_the_readme() {
    let named = inline_code(&readme());
    for folder in ["crates", "workers"] {
        for entry in std::fs::read_dir(super::root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.join("Cargo.toml").exists() {
                let room = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
                assert!(named.contains(&room), "the README does not name {room}");
            }
        }
    }
}

#[test]
fn commands_named_in_the_readme_exist() {
    let makefile = std::fs::read_to_string(super::root().join("Makefile")).unwrap();
    let commands: BTreeSet<String> = inline_code(&readme())
        .into_iter()
        .chain(readme().lines().map(|line| line.trim().to_owned()))
        .filter(|text| text.starts_with("make "))
        .collect();
    assert!(commands.len() >= 2);
    for command in commands {
        let target = command.split_whitespace().nth(1).unwrap().to_owned();
        assert!(makefile.contains(&format!("\n{target}:")), "README names make {target}");
    }
}

#[test]
fn every_direct_dependency_is_explained_in_the_readme() {
    let workspace = std::fs::read_to_string(super::root().join("Cargo.toml")).unwrap();
    let workspace: toml::Table = workspace.parse().unwrap();
    let named = inline_code(&readme());
    for dependency in workspace["workspace"]["dependencies"].as_table().unwrap().keys() {
        let ours = dependency.starts_with("mauntic-");
        assert!(
            ours || named.contains(dependency),
            "the README does not say why {dependency} is here"
        );
    }
}

/// Names of the doctor's checks, as its sources write them.
fn checks() -> BTreeSet<String> {
    let before = [
        "let name = \"",
        "NAME: &str = \"",
        "Check::ok(\"",
        "Check::warn(\"",
        "Check::fail(\"",
        "Check::unanswered(\"",
        "judge_clock(\"",
    ];
    let sources = super::files(&["rs"]);
    let of_doctor = sources.iter().filter(|(name, _)| name.starts_with("crates/cli/src/doctor"));
    let mut found = BTreeSet::new();
    for (_, text) in of_doctor {
        for start in before {
            let names = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(names.map(str::to_owned));
        }
    }
    found
}

#[test]
fn the_operators_page_tells_of_every_check_of_doctor() {
    let text = std::fs::read_to_string(super::root().join("docs/operations.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| check |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let told: BTreeSet<String> = first.flat_map(super::protocol::code).map(str::to_owned).collect();
    assert_eq!(told, checks());
}
