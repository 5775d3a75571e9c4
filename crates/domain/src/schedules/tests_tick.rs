//! Which expressions a tick may have, and which triggers run it.

use super::super::JUDGED_MAX;
use super::*;
use crate::jobs::limits::RESEND_MAX;

#[test]
fn an_expression_of_at_most_six_hours_is_a_tick() {
    #[rustfmt::skip]
    let rows = [
        // expression,          seconds or what is wrong with it
        ("* * * * *",           Ok(60)),
        ("*/15 * * * *",        Ok(900)),
        (" */15 * * * *\n",     Ok(900)),
        ("*/7 * * * *",         Ok(7 * 60)),
        ("0 */6 * * *",         Ok(TICK_INTERVAL_SECS_MAX)),
        ("0,1 */6 * * *",       Ok(TICK_INTERVAL_SECS_MAX - 60)),
        ("0 0,6,12,17 * * *",   Ok(7 * 3_600)),
        ("0 8-20 * * *",        Ok(12 * 3_600)),
        ("0 0 * * *",           Ok(24 * 3_600)),
        ("* * * * MON-FRI",     Err(TickError::TooRare)),
        ("* * 1-30 * *",        Err(TickError::TooRare)),
        ("",                    Err(TickError::Cron(CronError::Dialect))),
        ("often",               Err(TickError::Cron(CronError::Dialect))),
        ("50-10 * * * *",       Err(TickError::Cron(CronError::Wraps))),
        ("* * 30 2 *",          Err(TickError::Cron(CronError::Never))),
    ];
    for (text, wanted) in rows {
        let wanted = wanted.and_then(|secs| {
            if secs > TICK_INTERVAL_SECS_MAX { Err(TickError::TooRare) } else { Ok(secs) }
        });
        assert_eq!(Tick::parse(text).map(|tick| tick.interval_secs()), wanted, "{text:?}");
        if let Err(error) = wanted {
            assert!(error.to_string().starts_with("TICK_CRON: "), "{error}");
        }
    }
}

#[test]
fn the_default_is_what_its_expression_says() {
    assert_eq!(Tick::parse(TICK_CRON), Ok(Tick::default()));
    assert_eq!(Tick::default().interval_secs(), TICK_INTERVAL_SECS);
}

#[test]
fn its_own_trigger_and_the_defaults_run_it() {
    let tick = Tick::parse(" */15 * * * * ").unwrap();
    for (trigger, runs) in [
        ("*/15 * * * *", true),
        (TICK_CRON, true),
        ("*/5 * * * *", false),
        (" */15 * * * * ", false),
        ("", false),
    ] {
        assert_eq!(tick.is_fired_by(trigger), runs, "{trigger:?}");
    }
    assert!(!Tick::default().is_fired_by("*/15 * * * *"));
}

#[test]
fn the_longest_interval_is_within_what_stands_on_it() {
    assert!(i64::from(TICK_INTERVAL_SECS_MAX) <= RESEND_MAX.num_seconds());
    assert!(usize::try_from(TICK_INTERVAL_SECS_MAX / 60).unwrap() <= JUDGED_MAX);
    assert!(TICK_INTERVAL_SECS_MAX.is_multiple_of(3_600) && TICK_INTERVAL_SECS_MAX / 3_600 == 6);
}
