//! What the README shows is what is compiled.

#[test]
fn the_readmes_worker_is_the_example() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("```rust,ignore\n").nth(1).and_then(|rest| rest.split("```").next());
    let example = include_str!("../../examples/worker.rs");
    let (_, whole) = example.split_once("\n\n").unwrap();
    assert_eq!(shown, Some(whole));
    let lines = whole.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 25, "a Worker in some twenty lines has {lines}");
}
