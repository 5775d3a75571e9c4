//! The list is well formed, and settings do to it what they say.

use super::super::TICK_INTERVAL_SECS;
use super::*;
use crate::jobs::JobType;

fn settings(vars: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_vars(|name| {
        vars.iter().find(|(var, _)| *var == name).map(|(_, value)| (*value).to_owned())
    })
}

fn kept(vars: &[(&str, &str)]) -> Vec<Effective> {
    effective(&REGISTRY, &settings(vars).unwrap()).unwrap()
}

fn skips(effective: &[Effective], reason: SkipReason) -> Vec<&'static str> {
    let skipped = effective.iter().filter(|one| one.skip == Some(reason));
    skipped.map(|one| one.schedule.job_key).collect()
}

#[test]
fn every_entry_is_whole_and_no_key_stands_twice() {
    let keys: BTreeSet<_> = REGISTRY.iter().map(|schedule| schedule.job_key).collect();
    assert_eq!(keys.len(), REGISTRY.len());
    assert!(!keys.contains("system-tick"), "nobody judges the tick");
    assert!(keys.contains(OVERNIGHT_JOB_KEY));
    for schedule in REGISTRY {
        let key = schedule.job_key;
        Cron::parse(schedule.cron).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert!(JobType::from_name(schedule.message).is_some(), "{key}: no such job");
        assert!(schedule.groups >= 1, "{key}");
        assert!(schedule.missed != Missed::All(0), "{key}: write Skip");
        assert!(!schedule.owner.is_empty() && schedule.description.ends_with('.'), "{key}");
        let is_key = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(key.len() <= 64 && key.bytes().all(is_key), "{key}");
    }
}

#[test]
fn the_tick_fires_as_often_as_it_says() {
    let tick = Cron::parse(TICK_CRON).unwrap();
    let first = tick.next_after(chrono::DateTime::UNIX_EPOCH).unwrap();
    let second = tick.next_after(first).unwrap();
    assert_eq!((second - first).num_seconds(), i64::from(TICK_INTERVAL_SECS));
}

#[test]
fn names_are_distinct_and_stay() {
    assert_eq!(
        SkipReason::ALL.map(SkipReason::name),
        ["disabled", "paused", "overlap", "not_available"]
    );
    assert_eq!(
        Flag::ALL.map(Flag::variable),
        [
            "ENABLE_SCORING_CRON",
            "ENABLE_ANALYTICS_CRON",
            "ENABLE_SCOREBOARD_CRON",
            "ENABLE_OVERNIGHT_CRON"
        ]
    );
    for flag in Flag::ALL {
        assert_eq!(Flag::from_context(flag.context()), Some(flag));
    }
    assert_eq!(Flag::from_context("Scoring"), None);
    assert_eq!([Missed::Skip, Missed::Latest, Missed::All(7)].map(Missed::newest), [0, 1, 7]);
}

#[test]
fn triggers_are_each_expression_once_and_the_tick() {
    assert_eq!(
        triggers(&REGISTRY),
        [
            "* * * * *",
            "*/15 * * * *",
            "*/5 * * * *",
            "0 * * * *",
            "0 0 * * *",
            "0 2 * * *",
            "0 3 1 * *",
            "0 4 * * *",
            "0 5 * * *",
            "0 6 * * *",
        ]
    );
    assert_eq!(triggers(&[]), [TICK_CRON]);
}

#[test]
fn without_settings_all_are_kept_as_they_stand() {
    let all = kept(&[]);
    assert_eq!(all.len(), REGISTRY.len());
    for (one, schedule) in all.iter().zip(REGISTRY) {
        assert_eq!(one.schedule, schedule);
        assert_eq!((one.cron.as_str(), one.skip), (schedule.cron, None));
    }
}

#[test]
fn a_flag_other_than_true_pauses_its_context_and_no_other() {
    for flag in Flag::ALL {
        let of_flag: Vec<_> =
            REGISTRY.iter().filter(|s| s.flag == flag).map(|s| s.job_key).collect();
        for value in ["false", "", "TRUE", "1", "true,"] {
            let all = kept(&[(flag.variable(), value)]);
            assert_eq!(all.len(), REGISTRY.len(), "a paused schedule is still judged");
            assert_eq!(skips(&all, SkipReason::Disabled), of_flag, "{flag:?} {value:?}");
        }
        for value in ["true", " true\n"] {
            assert!(skips(&kept(&[(flag.variable(), value)]), SkipReason::Disabled).is_empty());
        }
    }
}

#[test]
fn contexts_leave_the_others_out() {
    let keys = |list: &str| {
        let all = kept(&[(CONTEXTS_VARIABLE, list)]);
        all.iter().map(|one| one.schedule.job_key).collect::<Vec<_>>()
    };
    assert_eq!(
        keys("scoreboard"),
        ["match-verifier-5m", "knockout-check-daily", "scoreboard-drift-daily"]
    );
    assert_eq!(
        keys(" overnight , scoreboard,scoreboard\n"),
        [
            "match-verifier-5m",
            "knockout-check-daily",
            "scoreboard-drift-daily",
            "overnight-scoring"
        ]
    );
    assert_eq!(keys("overnight,scoring,analytics,scoreboard").len(), REGISTRY.len());
    for bad in ["", "scoring,", "Scoring", "scoring analytics", "all"] {
        let error = settings(&[(CONTEXTS_VARIABLE, bad)]).unwrap_err();
        assert_eq!(error, SettingsError::Contexts, "{bad:?}");
        assert!(error.to_string().starts_with("CONTEXTS: "));
    }
}

#[test]
fn the_nights_expression_can_be_replaced_and_no_other() {
    for one in kept(&[(OVERNIGHT_CRON_VARIABLE, "30 1 * * MON-FRI\n")]) {
        let is_night = one.schedule.job_key == OVERNIGHT_JOB_KEY;
        let expected = if is_night { "30 1 * * MON-FRI" } else { one.schedule.cron };
        assert_eq!(one.cron.as_str(), expected);
    }
}

#[test]
fn an_expression_that_is_none_is_named() {
    for bad in ["", "soon", "0 0 30 2 *", "0 0 * * FRI-MON"] {
        let settings = settings(&[(OVERNIGHT_CRON_VARIABLE, bad)]).unwrap();
        let error = effective(&REGISTRY, &settings).unwrap_err();
        assert!(error.to_string().starts_with("OVERNIGHT_JOB_CRON: "), "{error}");
    }
    let wrong = [Schedule { cron: "soon", ..REGISTRY[0] }];
    let error = effective(&wrong, &Settings::default()).unwrap_err();
    assert!(error.to_string().starts_with("schedule scoring-batch-recompute: "), "{error}");
}

#[test]
fn markets_have_nights_of_their_own_beside_the_night() {
    let vars = [
        ("OVERNIGHT_MARKET_CRONS", "XETR=0 3 * * MON-FRI; XNYS=0 9 * * *\n"),
        ("CONTEXTS", "overnight"),
    ];
    let keys =
        |all: &[Effective]| all.iter().map(|one| one.job_key().into_owned()).collect::<Vec<_>>();
    let all = kept(&vars);
    assert_eq!(
        keys(&all),
        ["overnight-scoring", "overnight-scoring-xetr", "overnight-scoring-xnys"]
    );
    assert_eq!(
        all.iter().map(|one| one.cron.as_str()).collect::<Vec<_>>(),
        ["0 4 * * *", "0 3 * * MON-FRI", "0 9 * * *"]
    );
    let night = all[0].schedule;
    assert!(all.iter().all(|one| one.schedule == night && one.skip.is_none()));
    let paused = kept(&[vars[0], vars[1], ("ENABLE_OVERNIGHT_CRON", "false")]);
    assert!(paused.iter().all(|one| one.skip == Some(SkipReason::Disabled)));
    assert_eq!(kept(&[vars[0], ("CONTEXTS", "scoring")]).len(), 3, "another deployment has them");

    let settings =
        settings(&[("OVERNIGHT_MARKET_CRONS", "XETR=0 3 * * *; XNYS=9 o'clock")]).unwrap();
    let error = effective(&REGISTRY, &settings).unwrap_err().to_string();
    assert!(
        error.starts_with("OVERNIGHT_MARKET_CRONS, entry 2: the expression must be"),
        "{error}"
    );
    assert!(!error.contains("o'clock"), "a value is never repeated");
}
