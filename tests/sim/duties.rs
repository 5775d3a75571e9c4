//! The tick's duties stand alone: each beats by itself.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_flows::ports::{Database, KeyStore, PortError};
use mauntic_flows::tick::{Duty, TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::engine::schedules::all;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::ports::SimPorts;

use crate::INSTANCE;

/// What a duty asks its ports for.
fn call_of(duty: Duty) -> Call {
    match duty {
        Duty::StuckRuns => Call::Recount,
        Duty::Expiry => Call::Expire,
        Duty::Nights => Call::LostNights,
        Duty::Occurrences => Call::Schedules,
        Duty::Replays => Call::AdvanceReplays,
        Duty::Relay => Call::TakeDue,
        Duty::Events => Call::TakeEvents,
        Duty::Retention => Call::Retire,
    }
}

/// Duties that have beaten at this moment.
fn beating(ports: &SimPorts) -> BTreeSet<String> {
    let session = finish(ports.store.open()).unwrap();
    let vitals = finish(session.vitals()).unwrap();
    let now = vitals.beats.into_iter().filter(|beat| beat.at == vitals.now);
    now.map(|beat| beat.duty).collect()
}

#[test]
fn a_duty_that_fails_leaves_the_others_alone() {
    let settings = TickSettings {
        schedules: Ok(all(|_| true)),
        keep: TimeDelta::days(30),
        interval_secs: TICK_INTERVAL_SECS,
        instance: INSTANCE,
    };
    let everyone: BTreeSet<String> = Duty::ALL.iter().map(|duty| duty.name().to_owned()).collect();
    let refused = PortError::Refused { what: "the duty", cause: "made up".to_owned() };
    for fault in [Fault::Lost, Fault::Fail(refused)] {
        for failing in Duty::ALL {
            let ports = SimPorts::new(8);
            ports.queues.set_listeners(true);
            ports.faults.stand(call_of(failing), Some(fault.clone()));
            for (duty, done) in finish(tick(&ports, &settings)) {
                assert_eq!(done.is_err(), duty == failing, "{duty:?} beside {failing:?}: {done:?}");
            }
            let mut others = everyone.clone();
            others.remove(failing.name());
            assert_eq!(beating(&ports), others, "beside {failing:?}");

            ports.faults.calm();
            ports.clock.advance(TimeDelta::minutes(1));
            finish(tick(&ports, &settings));
            assert_eq!(beating(&ports), everyone, "after {failing:?}");
        }
    }
}
