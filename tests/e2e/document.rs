//! The API against its own document: schemathesis reads it from the worker and calls every
//! operation as it says, and as it says nobody should.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// One of them, which a process of its own goes through. Dropped, that ends.
struct Part {
    child: Child,
    /// Where it leaves its report, and what it says and remembers for itself.
    folder: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // What is over cannot be killed, and is there to be waited for.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// What the three may take: three times what they do on two cores where all else runs beside.
const WITHIN: Duration = Duration::from_secs(540);

/// Where it says what it does.
const SAID: &str = "said.txt";

const REPORT: &str = "report.json";

impl Part {
    fn begin(stack: &Stack, index: usize, token: &str, ids: &[(&str, &str)]) -> Self {
        let root = mauntic_local::repository_root();
        let (choice, paths, _) = PARTS[index];
        let name = format!("mauntic-document-{}-{index}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let document = format!("{}{DOCUMENT}", stack.workers.http_url());
        let said = File::create(folder.join(SAID)).unwrap();
        let child = Command::new(root.join(PROGRAM))
            .arg("--config-file")
            .arg(root.join(CONFIG))
            .args(["run", &document, choice, paths])
            .args(["--report", "json", "--report-json-path", REPORT])
            .current_dir(&folder)
            .env("TOKEN", token)
            .envs(ids.iter().copied())
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn();
        Self { child: child.expect("tools/schemathesis.sh has installed it"), folder }
    }

    /// What it found, and what it says of that.
    fn end(mut self, until: Instant) -> (Value, String) {
        let is_over = loop {
            let is_over = self.child.try_wait().unwrap().is_some();
            if is_over || Instant::now() > until {
                break is_over;
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        let said = std::fs::read(self.folder.join(SAID)).unwrap();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(is_over, "it was not over within {WITHIN:?}\n{said}");
        let report = std::fs::read(self.folder.join(REPORT));
        let report = report.unwrap_or_else(|error| panic!("no report: {error}\n{said}"));
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
    // Whoever is not known is refused everywhere, as the document says.
    for (path, token) in
        [("/api/v1/scoring/leaderboard", &key[..]), ("/api/v2/admin/queues", ADMIN_TOKEN)]
    {
        assert_eq!(stack.call("GET", path, Some(token), None).status, 200, "{path}");
    }
    let (mut tested, mut cases) = (0, 0);
    // Ticking, so that the scheduler is well and what is asked for is done.
    let ended = stack.while_ticking(|| {
        let token = |index: usize| if PARTS[index].2 { ADMIN_TOKEN } else { key.as_str() };
        let until = Instant::now() + WITHIN;
        let parts = [0, 1, 2].map(|index| Part::begin(&stack, index, token(index), &ids));
        parts.map(|part| part.end(until))
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
