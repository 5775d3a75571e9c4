//! The API against its own document: schemathesis reads it from the worker and calls every
//! operation as it says, and as it says nobody should.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mauntic_api::DOCUMENT;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::say::say;
use mauntic_tests::stack::{ADMIN_TOKEN, Stack};
use mauntic_tests::world::organization;
use serde_json::{Value, json};

use crate::operations::given;

/// As `tools/schemathesis.sh` installed it.
const PROGRAM: &str = "target/setup/schemathesis/bin/schemathesis";

/// How it calls, and what it holds against the document.
const CONFIG: &str = "tests/e2e/schemathesis.toml";

/// The parts of the document, of about as many cases each: which operations, and whether they
/// are an operator's; all others are called with an organization's key.
const PARTS: [(&str, &str, bool); 3] = [
    ("--include-path-regex", "^/(metrics|api/v2/admin/)", true),
    ("--include-path-regex", "^/api/v1/scoreboards/", false),
    ("--exclude-path-regex", "^/(metrics|api/v2/admin/|api/v1/scoreboards/)", false),
];

/// One of them, which a process of its own goes through.
struct Part {
    child: Child,
    /// Where it leaves its report, and what it remembers for itself.
    folder: PathBuf,
}

const REPORT: &str = "report.json";

impl Part {
    fn begin(stack: &Stack, index: usize, token: &str, ids: &[(&str, &str)]) -> Self {
        let root = mauntic_local::repository_root();
        let (choice, paths, _) = PARTS[index];
        let name = format!("mauntic-document-{}-{index}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let document = format!("{}{DOCUMENT}", stack.workers.http_url());
        let child = Command::new(root.join(PROGRAM))
            .arg("--config-file")
            .arg(root.join(CONFIG))
            .args(["run", &document, choice, paths])
            .args(["--report", "json", "--report-json-path", REPORT])
            .current_dir(&folder)
            .env("TOKEN", token)
            .envs(ids.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self { child: child.expect("tools/schemathesis.sh has installed it"), folder }
    }

    /// What it found, and what it says of that.
    fn end(self) -> (Value, String) {
        let output = self.child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let report = std::fs::read(self.folder.join(REPORT));
        let report = report.unwrap_or_else(|error| panic!("no report: {error}\n{said}"));
        std::fs::remove_dir_all(&self.folder).unwrap();
        (serde_json::from_slice(&report).unwrap(), said)
    }
}

/// How many operations there are, but for the one that tells the document: that one has been
/// called already, so schemathesis leaves it out.
fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().unwrap().iter();
    let others = paths.filter(|(path, _)| *path != DOCUMENT);
    others.map(|(_, operations)| operations.as_object().unwrap().len()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_does_what_its_document_says() {
    let stack = Stack::start(Build::Production, &[]).await;
    let key = stack.organization(&organization("org_123"), &[Scope::Read, Scope::Write]).await;
    let owner = stack.owner().await;
    let tournament = given::tournament(&owner, "org_123").await;
    let data = [json!({"organizationId": "org_123", "contactId": "contact_1"})];
    let died = given::died(&owner, "org_123", &data, "the provider is away").await;
    let ids = [
        ("TOURNAMENT", tournament.id.as_str()),
        ("MATCH", &tournament.match_id),
        ("RUN", &died.run),
        ("CASE", &died.letters[0].case),
        ("JOB", &died.letters[0].job),
    ];
    let all = operations(&stack.call("GET", DOCUMENT, Some(&key), None).body);
    let (mut tested, mut cases) = (0, 0);
    // Ticking, so that the scheduler is well and what is asked for is done.
    let ended = stack.while_ticking(|| {
        let token = |index: usize| if PARTS[index].2 { ADMIN_TOKEN } else { key.as_str() };
        [0, 1, 2].map(|index| Part::begin(&stack, index, token(index), &ids)).map(Part::end)
    });
    for (report, said) in ended {
        let count = |at: &str| report.pointer(at).and_then(Value::as_u64).expect("a number");
        let is_sound = report["exit_code"] == 0 && report["complete"] == true;
        assert!(is_sound, "{said}\n{}", stack.story());
        // Not cut off, nor gone wrong before an operation was tested.
        assert_eq!(report["stop_reason"], "completed");
        assert_eq!(count("/operations/tested"), count("/operations/selected"), "{said}");
        tested += count("/operations/tested");
        cases += count("/test_cases/generated");
    }
    say(format_args!("the document: {tested} operations, {cases} cases"));
    assert_eq!(usize::try_from(tested).unwrap(), all);
}
