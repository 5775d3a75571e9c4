//! Every pair of operations, each with itself too.

use mauntic_tests::say::say;

use crate::act::{Act, Form};
use crate::scene::{Scene, Stage};
use crate::walk::{Does, Walked, World};

/// An operation of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Op {
    Claim,
    Effect,
    Retry,
    Rescue,
    Cancel,
    Replay,
    Enqueue,
    Coalesce,
    Finalize,
    Occurrence,
    Score,
}

impl Op {
    const ALL: [Self; 11] = [
        Self::Claim,
        Self::Effect,
        Self::Retry,
        Self::Rescue,
        Self::Cancel,
        Self::Replay,
        Self::Enqueue,
        Self::Coalesce,
        Self::Finalize,
        Self::Occurrence,
        Self::Score,
    ];

    /// The ways to do it.
    fn forms(self) -> &'static [Form] {
        match self {
            Self::Claim => &[Form::Claim],
            Self::Effect => &[Form::Effect],
            Self::Retry => &[Form::RetryFailed, Form::RetryDead],
            Self::Rescue => &[Form::Rescue],
            Self::Cancel => &[Form::CancelRun, Form::CancelPlanned, Form::CancelJobs],
            Self::Replay => &[Form::Replay],
            Self::Enqueue => &[Form::EnqueueSame, Form::EnqueueOther],
            Self::Coalesce => &[Form::Coalesce],
            Self::Finalize => &[Form::Finalize],
            Self::Occurrence => &[Form::Occurrence],
            Self::Score => &[Form::Score],
        }
    }

    /// The stages of the shared job that make it matter to this operation.
    fn stages(self) -> &'static [Stage] {
        match self {
            Self::Claim | Self::Cancel => &[Stage::Queued],
            Self::Effect | Self::Retry => &[Stage::Held],
            Self::Rescue => &[Stage::Expired, Stage::Spent],
            Self::Replay => &[Stage::Dead],
            Self::Enqueue => &[Stage::Queued, Stage::Dead],
            Self::Coalesce | Self::Finalize | Self::Occurrence | Self::Score => &[],
        }
    }

    /// Whether it finds something to do at that stage.
    fn does_something(self, stage: Stage) -> bool {
        match self {
            Self::Effect | Self::Retry => {
                matches!(stage, Stage::Held | Stage::Expired | Stage::Spent)
            }
            Self::Rescue => matches!(stage, Stage::Expired | Stage::Spent),
            _ => true,
        }
    }
}

/// What a gate holds: the jobs, so that two statements have seen them before
/// either has them; or the run, so that both have their jobs by then. Jobs that
/// producers join come first, as everywhere.
const GATES: [&str; 2] = [
    "select from jobs.job order by coalesce_key is null, id for update",
    "select from jobs.run for update",
];

/// The stages at which both operations do something and one of them cares.
fn stages(one: Op, two: Op) -> Vec<Stage> {
    let mut stages: Vec<Stage> = one.stages().iter().chain(two.stages()).copied().collect();
    stages.retain(|stage| one.does_something(*stage) && two.does_something(*stage));
    stages.sort();
    stages.dedup();
    // Who never moves the shared job does not care whether its key is taken.
    if one == Op::Enqueue && two.stages().is_empty() {
        stages.retain(|stage| *stage == Stage::Dead);
    }
    if stages.is_empty() { vec![Stage::Done] } else { stages }
}

fn ways(one: Op, two: Op) -> Vec<[Form; 2]> {
    // What a job reads must have what its producer wrote.
    if (one, two) == (Op::Claim, Op::Coalesce) {
        return vec![[Form::ClaimAndRead, Form::Coalesce]];
    }
    let pairs = one.forms().iter().flat_map(|one| two.forms().iter().map(move |two| [*one, *two]));
    pairs.collect()
}

async fn walk(one: Op, two: Op) {
    let world = World::new().await;
    let mut all = Walked::default();
    let mut scenes = 0;
    for forms in ways(one, two) {
        let is_gated = forms.iter().all(|form| form.is_short());
        let gates = GATES.into_iter().filter(|_| is_gated).map(Some);
        let gates: Vec<Option<&str>> = [None].into_iter().chain(gates).collect();
        for stage in stages(one, two) {
            let scene = Scene::new(stage, forms);
            for gate in &gates {
                let walked = world.walk(&scene, &Act::both(&scene).map(Does::Act), *gate).await;
                assert!(walked.bad.is_empty(), "{scene:?}, {gate:?}: {}", walked.bad.join("\n"));
                all.orders += walked.orders;
                all.waits += walked.waits;
                scenes += 1;
            }
        }
    }
    world.close().await;
    let (orders, waits) = (all.orders, all.waits);
    let of = format!("{orders} orders of {scenes} scenes, {waits} waits");
    say(format_args!("{one:?} × {two:?}: all {of}"));
}

/// A schedule's first judgement has no row to lock.
#[tokio::test]
async fn two_first_judgements_of_a_schedule() {
    let world = World::new().await;
    let forms = [Form::Occurrence, Form::Occurrence];
    let scene = Scene { is_judged: false, ..Scene::new(Stage::Done, forms) };
    let walked = world.walk(&scene, &Act::both(&scene).map(Does::Act), None).await;
    assert!(walked.bad.is_empty(), "{}", walked.bad.join("\n"));
    assert!(walked.orders > 1 && walked.waits > 0, "{walked:?}");
    world.close().await;
}

macro_rules! pairs {
    ($($name:ident: $one:ident, $two:ident;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                walk(Op::$one, Op::$two).await;
            }
        )*

        #[test]
        fn no_pair_is_left_out() {
            let listed = [$((Op::$one, Op::$two)),*];
            let all: Vec<(Op, Op)> = Op::ALL
                .iter()
                .flat_map(|one| Op::ALL.iter().map(move |two| (*one, *two)))
                .filter(|(one, two)| one <= two)
                .collect();
            assert_eq!(listed.as_slice(), all.as_slice());
            assert_eq!(listed.len(), 66);
        }
    };
}

pairs! {
    claim_and_claim: Claim, Claim;
    claim_and_effect: Claim, Effect;
    claim_and_retry: Claim, Retry;
    claim_and_rescue: Claim, Rescue;
    claim_and_cancel: Claim, Cancel;
    claim_and_replay: Claim, Replay;
    claim_and_enqueue: Claim, Enqueue;
    claim_and_coalesce: Claim, Coalesce;
    claim_and_finalize: Claim, Finalize;
    claim_and_occurrence: Claim, Occurrence;
    claim_and_score_write: Claim, Score;
    effect_and_effect: Effect, Effect;
    effect_and_retry: Effect, Retry;
    effect_and_rescue: Effect, Rescue;
    effect_and_cancel: Effect, Cancel;
    effect_and_replay: Effect, Replay;
    effect_and_enqueue: Effect, Enqueue;
    effect_and_coalesce: Effect, Coalesce;
    effect_and_finalize: Effect, Finalize;
    effect_and_occurrence: Effect, Occurrence;
    effect_and_score_write: Effect, Score;
    retry_and_retry: Retry, Retry;
    retry_and_rescue: Retry, Rescue;
    retry_and_cancel: Retry, Cancel;
    retry_and_replay: Retry, Replay;
    retry_and_enqueue: Retry, Enqueue;
    retry_and_coalesce: Retry, Coalesce;
    retry_and_finalize: Retry, Finalize;
    retry_and_occurrence: Retry, Occurrence;
    retry_and_score_write: Retry, Score;
    rescue_and_rescue: Rescue, Rescue;
    rescue_and_cancel: Rescue, Cancel;
    rescue_and_replay: Rescue, Replay;
    rescue_and_enqueue: Rescue, Enqueue;
    rescue_and_coalesce: Rescue, Coalesce;
    rescue_and_finalize: Rescue, Finalize;
    rescue_and_occurrence: Rescue, Occurrence;
    rescue_and_score_write: Rescue, Score;
    cancel_and_cancel: Cancel, Cancel;
    cancel_and_replay: Cancel, Replay;
    cancel_and_enqueue: Cancel, Enqueue;
    cancel_and_coalesce: Cancel, Coalesce;
    cancel_and_finalize: Cancel, Finalize;
    cancel_and_occurrence: Cancel, Occurrence;
    cancel_and_score_write: Cancel, Score;
    replay_and_replay: Replay, Replay;
    replay_and_enqueue: Replay, Enqueue;
    replay_and_coalesce: Replay, Coalesce;
    replay_and_finalize: Replay, Finalize;
    replay_and_occurrence: Replay, Occurrence;
    replay_and_score_write: Replay, Score;
    enqueue_and_enqueue: Enqueue, Enqueue;
    enqueue_and_coalesce: Enqueue, Coalesce;
    enqueue_and_finalize: Enqueue, Finalize;
    enqueue_and_occurrence: Enqueue, Occurrence;
    enqueue_and_score_write: Enqueue, Score;
    coalesce_and_coalesce: Coalesce, Coalesce;
    coalesce_and_finalize: Coalesce, Finalize;
    coalesce_and_occurrence: Coalesce, Occurrence;
    coalesce_and_score_write: Coalesce, Score;
    finalize_and_finalize: Finalize, Finalize;
    finalize_and_occurrence: Finalize, Occurrence;
    finalize_and_score_write: Finalize, Score;
    occurrence_and_occurrence: Occurrence, Occurrence;
    occurrence_and_score_write: Occurrence, Score;
    score_write_and_score_write: Score, Score;
}
