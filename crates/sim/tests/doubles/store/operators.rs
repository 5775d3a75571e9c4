//! What operators do: an entry and an answer with every change, replays of many
//! by their terms, and the ledger of deliveries.

use mauntic_domain::audit::Walk;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::replays::{Status, Terms};
use mauntic_flows::ports::{
    Act, Advanced, CaseFilter, CaseReplay, CaseReplayed, Committed, Discarded, EffectStore,
    OperatorStore, PortError, RelayStore, Repeat, ReplayOrder, RequestKey, SetBackJob, Setback,
};

use super::*;

const WINDOW: TimeDelta = TimeDelta::minutes(2);

impl World {
    fn operator(&self, key: Option<&str>) -> MemorySession {
        self.asks(key, [1; 32])
    }

    fn asks(&self, key: Option<&str>, fingerprint: [u8; 32]) -> MemorySession {
        let mut session = self.session();
        session.operate(Act {
            actor: "key".to_owned(),
            reason: Some("why".to_owned()),
            request_id: "r".to_owned(),
            key: key.map(|key| RequestKey {
                holder: "key".to_owned(),
                key: key.to_owned(),
                fingerprint,
                repeat: Repeat::default(),
            }),
        });
        session
    }

    /// A dead letter: its job and its case.
    fn dead(&self, contact: &str) -> (Uuid, Uuid) {
        let held = self.held(contact);
        let dead = Setback::Dead { reason: "invalid_data", detail: "d".to_owned(), failed: true };
        let job = SetBackJob { id: held.id, claim: held.claim, setback: dead };
        assert_eq!(wait(self.session().set_back(&[job])).unwrap(), [held.id]);
        let letters = self.store.letters();
        (held.id, letters.iter().find(|letter| letter.job_id == Some(held.id)).unwrap().id)
    }

    fn dead_ones(&self, which: std::ops::Range<u32>) {
        for n in which {
            self.dead(&format!("c{n}"));
        }
    }

    fn order(&self, n: u128, limit: u32, canary: u32, per_second: u32) -> Uuid {
        let id = Uuid::from_u128(n);
        let terms = Terms { limit, canary, per_second };
        let order = ReplayOrder { id, filter: CaseFilter::default(), terms };
        wait(self.operator(None).order_replay(&order)).unwrap();
        id
    }

    fn advance(&self) -> Advanced {
        wait(self.session().advance_replays(WINDOW, None)).unwrap()
    }

    fn status(&self, id: Uuid) -> (Status, u32) {
        self.store.look(|state| (state.replays()[&id].status, state.replays()[&id].replayed))
    }

    /// Claims and completes every job that is queued.
    fn complete_queued(&self) {
        let is_queued = |row: &mauntic_sim::store::rows::JobRow| row.state == JobState::Queued;
        let ids: Vec<Uuid> =
            self.store.jobs().iter().filter(|row| is_queued(row)).map(|row| row.id).collect();
        let held = self.claim(&ids).held;
        let effect = self.effect(&held.iter().collect::<Vec<_>>());
        assert!(matches!(wait(self.session().commit(&effect)), Ok(Committed::Done { .. })));
    }
}

fn replay_of(id: Uuid) -> CaseReplay {
    CaseReplay { id, content: None, fresh_id: Uuid::from_u128(99), idempotency_key: None }
}

#[test]
fn a_change_has_one_entry_and_a_key_one_answer() {
    let world = World::new();
    let (job_id, case) = world.dead("c1");
    let replay = |key| wait(world.operator(key).replay_case(&replay_of(case)));
    assert_eq!(replay(Some("k")), Ok(CaseReplayed::Queued { job_id }));
    assert_eq!(replay(Some("k")), Ok(CaseReplayed::Queued { job_id }), "the first answer");
    assert_eq!(replay(None), Ok(CaseReplayed::NotDead));
    let other = world.asks(Some("k"), [2; 32]);
    assert_eq!(wait(other.discard(case)), Err(PortError::KeyConflict));
    wait(world.operator(None).note_refusal("dlq.replay", "x", "not_dead")).unwrap();
    let row = world.store.job(job_id).unwrap();
    assert_eq!((row.state, row.replays), (JobState::Queued, 1));
    world.store.look(|state| {
        let (links, head) = state.audit();
        assert_eq!(links.len(), 2, "one change, one refusal");
        let mut walk = Walk::default();
        assert_eq!(walk.follow(links), Ok(()));
        assert_eq!(walk.finish(head), Ok(()));
    });
    world.pass(24 * 3_600);
    assert_eq!(replay(Some("k")), Ok(CaseReplayed::NotDead), "an answer counts for a day");
}

#[test]
fn a_replay_of_many_keeps_its_terms() {
    let world = World::new();
    world.dead_ones(0..5);
    let id = world.order(1, 4, 0, 2);
    assert_eq!(world.advance().released, 4);
    assert_eq!(world.status(id), (Status::Completed, 4));
    let now = world.clock.database();
    let times: Vec<i64> = world
        .store
        .jobs()
        .iter()
        .filter(|row| row.state == JobState::Queued)
        .map(|row| (row.available_at - now).num_milliseconds())
        .collect();
    assert_eq!(times, [0, 500, 1_000, 1_500]);
    let taken = wait(world.session().take_due(10)).unwrap();
    let delays: Vec<u32> = taken.iter().map(|(_, wakeup)| wakeup.delay_secs).collect();
    assert_eq!(delays, [0, 1, 1, 2]);
    assert_eq!(world.advance(), Advanced::default());
}

#[test]
fn canaries_decide_whether_the_rest_follows() {
    let world = World::new();
    world.dead_ones(0..4);
    let good = world.order(1, 100, 2, 100);
    assert_eq!((world.advance().released, world.advance().released), (2, 0));
    assert_eq!(world.status(good), (Status::Canary, 2));
    world.complete_queued();
    assert_eq!(world.advance().released, 2);
    assert_eq!(world.status(good), (Status::Completed, 4));
    world.complete_queued();

    world.dead_ones(4..7);
    let bad = world.order(2, 100, 1, 100);
    assert_eq!(world.advance().released, 1);
    let canary = world.store.look(|state| state.replays()[&bad].canaries[0]);
    let held = world.claim(&[canary]).held.remove(0);
    let setback =
        Setback::Failed { wait: TimeDelta::zero(), reason: "refused", error: "e".to_owned() };
    let job = SetBackJob { id: held.id, claim: held.claim, setback };
    wait(world.session().set_back(&[job])).unwrap();
    assert_eq!(world.advance().ended, [(bad, "stopped")]);
    assert_eq!(world.status(bad), (Status::Stopped, 1));

    let none = world.order(3, 100, 3, 100);
    let cases = wait(world.session().cases(&CaseFilter::default(), true, everything())).unwrap();
    for case in cases.items {
        assert_eq!(wait(world.operator(None).discard(case.id)), Ok(Discarded::Done));
    }
    world.advance();
    assert_eq!(world.status(none), (Status::Completed, 0), "no case, no canary");
}

fn everything() -> mauntic_flows::ports::Page {
    mauntic_flows::ports::Page { before: None, limit: 100 }
}

#[test]
fn every_claim_is_counted_once() {
    let world = World::new();
    let (done, failed, back) = (world.held("c1"), world.held("c2"), world.held("c3"));
    let lost = world.held("c4");
    wait(world.session().commit(&world.effect(&[&done]))).unwrap();
    let setback =
        Setback::Failed { wait: TimeDelta::zero(), reason: "refused", error: "e".to_owned() };
    let job = SetBackJob { id: failed.id, claim: failed.claim, setback };
    wait(world.session().set_back(&[job])).unwrap();
    wait(world.session().hand_back(&back)).unwrap();
    world.pass(61);
    let token = Uuid::from_u128(5);
    let queue = Queue::ScoringEvents;
    let alone = mauntic_flows::ports::AloneRequest { queue, id: lost.id, token, lease_secs: 60 };
    wait(world.session().claim_alone(alone)).unwrap();
    let mut again = request(&[done.id]);
    again.repeated = 2;
    wait(world.session().claim(&again)).unwrap();
    world.store.look(|state| {
        let ends: Vec<_> = state
            .deliveries()
            .values()
            .map(|row| (row.absorbed, row.taken, row.effects, row.failures, row.put_off, row.lost))
            .collect();
        assert_eq!(
            ends,
            [
                (0, 1, 1, 0, 0, 0),
                (0, 1, 0, 1, 0, 0),
                (0, 1, 0, 0, 1, 0),
                (0, 1, 0, 0, 0, 1),
                (3, 0, 0, 0, 0, 0),
            ]
        );
    });
    assert!(world.store.job(done.id).unwrap().lease_token.is_some(), "whose effect it was");
    assert_eq!(world.store.job(failed.id).unwrap().errors.len(), 1);
}

#[test]
fn a_rehearsal_is_the_effect_and_leaves_nothing() {
    let world = World::new();
    let (id, case) = world.dead("c1");
    let held = Held { claim: 2, ..world.held("c2") };
    let effect = world.effect(&[&Held { id, ..held }]);
    let before = world.store.dump();
    let rehearse = || wait(world.operator(None).rehearse(id, &effect)).unwrap();
    assert_eq!(rehearse(), Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.store.dump(), before);
    wait(world.operator(None).replay_case(&replay_of(case))).unwrap();
    assert_eq!(rehearse(), Committed::FenceLost, "it is no dead letter any more");
}
