//! Random jobs, and data that is none.

use std::num::NonZeroU32;

use chrono::DateTime;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::Job;
use super::data::*;
use crate::analytics::RollUp;
use crate::ids::{ContactId, OrganizationId, SignalType};
use crate::overnight::Step;
use crate::overnight::messages::{Chunk, Finalize, Start};
use crate::points::{E4_PER_POINT, POINTS_MAGNITUDE_MAX, PointsE4};
use crate::portfolio::{Market, Symbol};
use crate::scoreboard::messages::{
    CheckDrift, CheckKnockout, Progress, Rebuild, ScheduleVerification, SettleMatchScore,
    TournamentRef, VerifyMatch,
};
use crate::scoreboard::proof::Part as Looked;
use crate::scoring::{Context, Priority};
use crate::warmup::DomainName;

/// A name's alphabet and length.
const NAME: &str = "[A-Za-z0-9_.:-]{1,64}";

/// A well-formed name of an organization.
pub(super) fn organization() -> impl Strategy<Value = OrganizationId> {
    NAME.prop_map(|name| OrganizationId::parse(name).unwrap())
}

/// A well-formed name of a contact.
pub(super) fn contact() -> impl Strategy<Value = ContactId> {
    NAME.prop_map(|name| ContactId::parse(name).unwrap())
}

/// Scores that replace categories', or none.
pub(super) fn context() -> impl Strategy<Value = Option<Context>> {
    const E4_MAX: i64 = POINTS_MAGNITUDE_MAX * E4_PER_POINT;
    let points = || option::of((-E4_MAX..=E4_MAX).prop_map(PointsE4::from_e4));
    let replaced = (points(), points(), points());
    option::of(replaced.prop_map(|(engagement, demographic, intent)| Context {
        engagement,
        demographic,
        intent,
    }))
}

/// A range, of the given organization or of any.
fn range(owner: Option<OrganizationId>) -> impl Strategy<Value = ContactRange> {
    let place = move || {
        let owner = owner.clone();
        (organization(), contact()).prop_map(move |(any, contact_id)| ContactPlace {
            organization_id: owner.clone().unwrap_or(any),
            contact_id,
        })
    };
    (option::of(place()), place()).prop_map(|(after, through)| ContactRange { after, through })
}

fn chunk() -> impl Strategy<Value = RecomputeChunk> {
    let list = (organization(), vec(contact(), 1..20))
        .prop_map(|(owner, ids)| (Some(owner), Contacts::Ids(ids)));
    let part = option::of(organization()).prop_flat_map(|owner| {
        range(owner.clone()).prop_map(move |range| (owner.clone(), Contacts::Range(range)))
    });
    let contacts = prop_oneof![list, part];
    (contacts, context(), option::of(any::<i64>())).prop_map(
        |((organization_id, contacts), context, config_epoch)| RecomputeChunk {
            organization_id,
            contacts,
            context,
            config_epoch,
        },
    )
}

fn notify() -> impl Strategy<Value = NotifyAlert> {
    let priority = option::of(prop::sample::select(Priority::ALL.to_vec()));
    (organization(), contact(), any::<u128>(), NAME, priority).prop_map(
        |(organization_id, contact_id, alert, signal, priority)| NotifyAlert {
            organization_id,
            alert_id: Uuid::from_u128(alert),
            contact_id,
            signal_type: SignalType::parse(signal).unwrap(),
            priority,
        },
    )
}

fn reset() -> impl Strategy<Value = WarmupDailyReset> {
    let place = (organization(), "[a-z0-9]{1,20}\\.[a-z]{2,10}").prop_map(|(owner, domain)| {
        DomainPlace { organization_id: owner, domain: DomainName::parse(&domain).unwrap() }
    });
    let minutes = option::of(0_i64..4_223_371_680);
    (option::of(place), minutes).prop_map(|(after, minutes)| {
        let nominal = minutes.and_then(|minutes| DateTime::from_timestamp(minutes * 60, 0));
        WarmupDailyReset { nominal, after }
    })
}

fn roll_up() -> impl Strategy<Value = Job> {
    // Minutes until the year 10,000.
    let minutes = option::of(0_i64..4_223_371_680);
    let next = (option::of(organization()), 1..=PART_ORGANIZATIONS_MAX, 0..9_u32).prop_map(
        |(after, organizations, forks)| Part::Next(NextPart { after, organizations, forks }),
    );
    let alone = (option::of(organization()), option::of(organization()))
        .prop_map(|(after, through)| Part::Alone(OrganizationRange { after, through }));
    let part = prop_oneof![next, alone];
    let roll_up = prop::sample::select(RollUp::ALL.to_vec());
    (roll_up, minutes, option::of(part)).prop_map(|(roll_up, minutes, part)| {
        let nominal = minutes.and_then(|minutes| DateTime::from_timestamp(minutes * 60, 0));
        Job::RollUp(roll_up, Nominal { nominal, part })
    })
}

fn settle() -> impl Strategy<Value = SettleMatchScore> {
    (organization(), any::<[u128; 2]>(), any::<i32>()).prop_map(
        |(organization_id, ids, result_version)| {
            let [tournament_id, match_id] = ids.map(Uuid::from_u128);
            SettleMatchScore { organization_id, tournament_id, match_id, result_version }
        },
    )
}

fn rebuild() -> impl Strategy<Value = Rebuild> {
    (organization(), any::<u128>()).prop_map(|(organization_id, id)| Rebuild {
        organization_id,
        tournament_id: Uuid::from_u128(id),
    })
}

fn tournament() -> impl Strategy<Value = TournamentRef> {
    (organization(), any::<u128>()).prop_map(|(organization_id, id)| TournamentRef {
        organization_id,
        tournament_id: Uuid::from_u128(id),
    })
}

fn check_drift() -> impl Strategy<Value = CheckDrift> {
    let of = || (organization(), any::<u128>().prop_map(Uuid::from_u128));
    let part = (any::<i64>(), 0..9_i64).prop_map(|(ledger_seq, found)| Progress {
        part: Some(Looked::Histogram),
        ledger_seq: Some(ledger_seq),
        found,
        first: Vec::new(),
    });
    let one = (of(), option::of(part)).prop_map(|((owner, id), progress)| CheckDrift {
        organization_id: Some(owner),
        tournament_id: Some(id),
        progress,
        after: None,
    });
    let all = (option::of(organization()), option::of(of())).prop_map(|(owner, after)| {
        let after = after.map(|(organization_id, tournament_id)| TournamentRef {
            organization_id,
            tournament_id,
        });
        CheckDrift { organization_id: owner, after, ..CheckDrift::default() }
    });
    prop_oneof![one, all]
}

fn verify() -> impl Strategy<Value = VerifyMatch> {
    let next = option::of(0..250_000_000_000_000_000_i64);
    (tournament(), any::<u128>(), next).prop_map(|(of, id, next)| VerifyMatch {
        organization_id: of.organization_id,
        tournament_id: of.tournament_id,
        match_id: Uuid::from_u128(id),
        next_check_at: next.and_then(DateTime::from_timestamp_micros),
    })
}

fn knockout() -> impl Strategy<Value = CheckKnockout> {
    let all = option::of(tournament())
        .prop_map(|after| CheckKnockout { after, ..CheckKnockout::default() });
    prop_oneof![tournament().prop_map(CheckKnockout::of), all]
}

fn night() -> impl Strategy<Value = Start> {
    let markets = option::of(btree_set("[A-Z0-9_-]{1,16}", 1..5));
    let first = (markets, any::<u128>()).prop_map(|(markets, before)| match markets {
        None => Start { retry_of: Some(Uuid::from_u128(before)), ..Start::default() },
        Some(names) => {
            let markets = names.into_iter().map(|name| Market::parse(name).unwrap());
            Start { markets: Some(markets.collect()), ..Start::default() }
        }
    });
    let step = prop::sample::select(Step::ALL.to_vec()).prop_map(Start::at);
    let prices = ("[A-Z0-9.^=_-]{1,32}", 0..500_000_u32, 0..200_u32);
    let prices = prices.prop_map(|(after, unanswered, most)| {
        let (after, most) = (Symbol::parse(after).ok(), NonZeroU32::new(most));
        Start { after, unanswered, most, ..Start::at(Step::Prices) }
    });
    prop_oneof![Just(Start::default()), first, step, prices]
}

fn a_chunk() -> impl Strategy<Value = Chunk> {
    (0..10_000_i32).prop_map(|chunk| Chunk { chunk })
}

/// Any job that this build can do.
pub(super) fn job() -> impl Strategy<Value = Job> {
    let calculate = (organization(), contact(), context()).prop_map(
        |(organization_id, contact_id, context)| {
            Job::CalculateScore(CalculateScore { organization_id, contact_id, context })
        },
    );
    let batch = option::of(organization())
        .prop_map(|organization_id| Job::BatchRecompute(BatchRecompute { organization_id }));
    prop_oneof![
        calculate,
        batch,
        chunk().prop_map(Job::RecomputeChunk),
        notify().prop_map(Job::NotifyAlert),
        Just(Job::SignalDecay(SignalDecay {})),
        Just(Job::AlertExpiry(AlertExpiry {})),
        reset().prop_map(Job::WarmupDailyReset),
        Just(Job::ScheduleVerification(ScheduleVerification {})),
        verify().prop_map(Job::VerifyMatch),
        settle().prop_map(Job::SettleMatchScore),
        rebuild().prop_map(Job::Rebuild),
        check_drift().prop_map(Job::CheckDrift),
        knockout().prop_map(Job::CheckKnockout),
        night().prop_map(Job::OvernightStart),
        a_chunk().prop_map(Job::OvernightScoreUsers),
        a_chunk().prop_map(Job::OvernightWarmCache),
        Just(Job::OvernightFinalize(Finalize {})),
        roll_up(),
    ]
}

/// Any JSON, often of field names and values that mean something here.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        NAME.prop_map(Value::from),
        any::<u128>().prop_map(|id| Value::from(Uuid::from_u128(id).to_string())),
    ];
    let known = [
        "organizationId",
        "contactId",
        "contactIds",
        "contacts",
        "ids",
        "range",
        "after",
        "through",
        "context",
        "intent",
        "configEpoch",
        "alertId",
        "signalType",
        "priority",
        "domain",
        "nominal",
        "part",
        "next",
        "alone",
        "organizations",
        "forks",
        "tournamentId",
        "matchId",
        "resultVersion",
        "markets",
        "retryOf",
        "step",
        "unanswered",
        "most",
        "chunk",
    ];
    let key = prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        let fields = vec((key.clone(), inner.clone()), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Data of a job with one field replaced, so that it is nearly right.
pub(super) fn nearly_right() -> impl Strategy<Value = Value> {
    (job(), any::<prop::sample::Index>(), json_value()).prop_map(|(job, at, value)| {
        let mut data = job.data();
        let fields = data.as_object_mut().unwrap();
        let names: Vec<String> = fields.keys().cloned().collect();
        if !names.is_empty() {
            fields.insert(at.get(&names).clone(), value);
        }
        data
    })
}
