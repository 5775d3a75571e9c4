//! Where SQL stands, how long files are, what is never written.

/// Lines at which a file fails; 150 is what we aim at.
const FILE_LINES_MAX: usize = 400;

/// Beginnings of statements, as they would stand in a string.
const STATEMENTS: [&str; 7] = [
    "\"select ",
    "\"insert into ",
    "\"update ",
    "\"delete from ",
    "\"merge into ",
    "\"create ",
    "\"alter ",
];

#[test]
fn only_the_store_has_sql() {
    for (file, text) in super::files(&["rs", "mjs"]) {
        let may = ["crates/store/", "crates/testkit/", "tests/"];
        let of_tests = ["/tests/", "/benches/", "/examples/"].iter().any(|f| file.contains(f))
            || file.ends_with("tests.rs");
        if of_tests || may.iter().any(|room| file.starts_with(room)) {
            continue;
        }
        let lower = text.to_lowercase();
        for statement in STATEMENTS {
            assert!(!lower.contains(statement), "{file} has SQL: {statement}");
        }
        // Sentences begin with that word too.
        let begins = lower.split("\"with ").skip(1).filter_map(|rest| rest.split('"').next());
        for statement in begins {
            assert!(!statement.contains(" as ("), "{file} has SQL: with {statement}");
        }
    }
}

#[test]
fn a_statement_a_file_each_named_and_used() {
    let store: String = super::files(&["rs"])
        .into_iter()
        .filter(|(file, _)| file.starts_with("crates/store/src/"))
        .map(|(_, text)| text)
        .collect();
    let mut statements = 0;
    for (file, text) in super::files(&["sql"]) {
        let Some(name) = file.strip_prefix("crates/store/sql/") else {
            continue;
        };
        statements += 1;
        let bare = name.trim_end_matches(".sql");
        assert!(text.starts_with(&format!("-- {bare}: ")), "{file} does not begin with its name");
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        assert!(!code.contains(';'), "{file} has more than one statement");
        assert!(store.contains(&format!("sql!(\"{name}\")")), "{file} is used nowhere");
    }
    assert!(statements > 10, "statements are looked for in the wrong place");
}

#[test]
fn files_stay_small() {
    for (file, text) in super::files(&["rs", "mjs", "sh", "sql"]) {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{file} has {lines} lines, at most {FILE_LINES_MAX}");
    }
}

#[test]
fn functions_stay_small_and_lints_are_errors() {
    let read = |name: &str| std::fs::read_to_string(super::root().join(name)).unwrap();
    assert!(read("clippy.toml").contains("too-many-lines-threshold = 70"));
    assert!(read("Cargo.toml").contains("too_many_lines = \"warn\""));
    assert!(
        read("tools/check.mjs").contains("-Dwarnings")
            || read("tools/check.mjs").contains("warnings")
    );
    for (file, text) in super::files(&["toml"]) {
        if file.ends_with("/Cargo.toml") {
            assert!(
                text.contains("[lints]\nworkspace = true"),
                "{file} does not inherit the lints"
            );
        }
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for (file, text) in super::files(&["rs"]) {
        let tests_of_a_file = file.ends_with("tests.rs");
        assert!(text.starts_with("//!") || tests_of_a_file, "{file} does not open with //!");
    }
}

#[test]
fn nothing_unfinished_is_left() {
    // Written in two parts, so that this file does not find itself.
    let marks =
        [["TO", "DO"], ["FIX", "ME"], ["#[ign", "ore"], ["todo", "!("], ["unimplement", "ed!("]];
    for (file, text) in super::files(&["rs", "mjs", "sh", "sql", "toml", "md"]) {
        for mark in marks.map(|parts| parts.concat()) {
            assert!(!text.contains(&mark), "{file} has {mark}");
        }
    }
}
