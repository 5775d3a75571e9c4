//! The verbs that need no deployment.

use super::Cli;

pub(super) async fn rules_and_simulator_run_alone(cli: &mut Cli) {
    let line = ["simulate", "score"];
    let mut command = cli.command(&line);
    command.env_clear();
    let ran = cli.run_with(command, &line, "{\"features\":{\"hasEmail\":true}}\n").ok();
    assert_eq!(ran.json()["totalScore"], 10);
    let report = cli.json(&["sim", "run", "--seed", "1", "--seeds", "2", "--ops", "50"]);
    assert_eq!((&report["seeds"], &report["failed"]), (&2.into(), &0.into()), "{report}");
}
