//! What operators do to dead letters and runs, among themselves and beside the
//! queue worker: replays of one and of many, retries and discards of the same
//! case, cancels of its run.

use mauntic_tests::say::say;

use crate::act::{Act, Form};
use crate::scene::{Scene, Stage};
use crate::walk::{Does, World};

/// Holds the dead job, so that both have looked at its case before either has it.
const GATE: &str = "select from jobs.job order by id for update";

async fn walk(one: Form, two: Form) {
    let world = World::new().await;
    let scene = Scene::new(Stage::Dead, [one, two]);
    let (mut orders, mut waits) = (0, 0);
    // What is one statement overlaps with the other's first only behind a gate.
    let is_gated = [one, two].contains(&Form::Replay);
    let gates = [None].into_iter().chain(is_gated.then_some(Some(GATE)));
    for gate in gates {
        let walked = world.walk(&scene, &Act::both(&scene).map(Does::Act), gate).await;
        assert!(walked.bad.is_empty(), "{scene:?}, {gate:?}: {}", walked.bad.join("\n"));
        orders += walked.orders;
        waits += walked.waits;
    }
    world.close().await;
    assert!(orders > 1, "nothing overlaps");
    say(format_args!("{one:?} × {two:?}: all {orders} orders, {waits} waits"));
}

macro_rules! pairs {
    ($($name:ident: $one:ident, $two:ident;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                walk(Form::$one, Form::$two).await;
            }
        )*
    };
}

pairs! {
    slice_and_claim: Slice, Claim;
    slice_and_replay_case: Slice, ReplayCase;
    slice_and_discard: Slice, Discard;
    slice_and_slice: Slice, Slice;
    slice_and_retry_run: Slice, RetryRun;
    slice_and_cancel_run: Slice, CancelRun;
    slice_and_enqueue_of_its_key: Slice, EnqueueSame;
    discard_and_replay_case: Discard, ReplayCase;
    discard_and_discard: Discard, Discard;
    replay_case_and_replay_case: ReplayCase, ReplayCase;
    replay_case_and_replay: ReplayCase, Replay;
    replay_case_and_retry_run: ReplayCase, RetryRun;
    replay_case_and_enqueue_of_its_key: ReplayCase, EnqueueSame;
    replay_case_and_cancel_run: ReplayCase, CancelRun;
    retry_run_and_cancel_run: RetryRun, CancelRun;
    retry_run_and_discard: RetryRun, Discard;
    end_run_and_replay_case: EndRun, ReplayCase;
    end_run_and_slice: EndRun, Slice;
    end_run_and_retry_run: EndRun, RetryRun;
    end_run_and_discard: EndRun, Discard;
    end_run_and_end_run: EndRun, EndRun;
}
