//! What verbs the command itself lists.

use super::Cli;

/// Every verb with its nouns, found by asking each noun for its help.
pub(super) fn listed(cli: &Cli) -> Vec<String> {
    let mut verbs = Vec::new();
    let mut nouns = vec![Vec::<String>::new()];
    while let Some(noun) = nouns.pop() {
        let below = below(cli, &noun);
        if below.is_empty() {
            verbs.push(noun.join(" "));
        }
        nouns.extend(below.into_iter().map(|name| [noun.as_slice(), &[name]].concat()));
    }
    verbs
}

/// The names under a noun; none under a verb.
fn below(cli: &Cli, noun: &[String]) -> Vec<String> {
    let mut line: Vec<&str> = noun.iter().map(String::as_str).collect();
    line.push("--help");
    let output = cli.command(&line).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{line:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(!help.contains(&cli.token) && !help.contains(&cli.database), "{help}");
    let Some((_, commands)) = help.split_once("Commands:\n") else {
        return Vec::new();
    };
    let lines = commands.lines().take_while(|line| !line.is_empty());
    // What a name's description goes on with is indented further.
    let names =
        lines.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}
