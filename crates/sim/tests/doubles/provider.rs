//! The provider of matches, by script.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::scoreboard::Status;
use mauntic_domain::scoreboard::provider::{parse_match, parse_matches};
use mauntic_flows::ports::{CallError, Request};
use mauntic_sim::provider::{Provider, Said, world_cup};

fn tournament() -> ProviderTournamentId {
    ProviderTournamentId::parse("wc-2022").unwrap()
}

fn ask(provider: &mut Provider, id: &ProviderMatchId, now: DateTime<Utc>) -> Vec<u8> {
    let request = Request::Match { tournament: tournament(), id: id.clone() };
    provider.answer(&request, now).unwrap()
}

#[test]
fn the_world_cup_is_told_by_time() {
    let cup = world_cup();
    assert_eq!(cup.len(), 64);
    let mut provider = Provider::default();
    let known = cup[0].kickoff - TimeDelta::days(30);
    for fixture in &cup {
        provider.play(&tournament(), fixture, known);
    }
    let last = cup.last().unwrap();
    assert_eq!(last.result.canonical(), r#"{"ft":[2,2],"et":[3,3],"p":[4,2]}"#);
    assert_eq!(last.ends_at() - last.kickoff, TimeDelta::minutes(162));
    let moment = TimeDelta::seconds(1);
    for (now, status, result) in [
        (known, Status::Scheduled, None),
        (last.kickoff - moment, Status::Scheduled, None),
        (last.kickoff, Status::Live, None),
        (last.ends_at() - moment, Status::Live, None),
        (last.ends_at(), Status::Ended, Some(last.result)),
    ] {
        let body = ask(&mut provider, &last.id, now);
        let answer = parse_match(&last.id, &body).unwrap();
        assert_eq!((answer.status, answer.result), (status, result), "{now}");
        assert_eq!(body, last.told_at(now).to_string().into_bytes());
    }
    let request = Request::Matches { tournament: tournament() };
    let list = provider.answer(&request, last.kickoff).unwrap();
    assert_eq!(parse_matches(&list).unwrap().len(), 64);
    assert_eq!(provider.asked().len(), 6);
    let early = provider.answer(&request, known - moment);
    assert_eq!(early, Err(CallError::Refused { status: 404 }));
}

#[test]
fn it_says_what_its_script_says_and_no_more_than_is_read() {
    let mut provider = Provider::default();
    let fixture = world_cup().remove(0);
    let at = |minutes| fixture.kickoff + TimeDelta::minutes(minutes);
    provider.play(&tournament(), &fixture, at(-60));
    let mut say = |minutes, said| provider.say(&tournament(), &fixture.id, at(minutes), said);
    say(10, Said::Garbage(vec![b' '; 70_000]));
    say(20, Said::Unreachable);
    say(30, Said::Refused(403));
    assert_eq!(ask(&mut provider, &fixture.id, at(10)).len(), 64 * 1_024 + 1);
    let request = Request::Match { tournament: tournament(), id: fixture.id.clone() };
    let failed = provider.answer(&request, at(20));
    assert!(matches!(failed, Err(CallError::Failed { .. })), "{failed:?}");
    let refused = provider.answer(&request, at(30));
    assert_eq!(refused, Err(CallError::Refused { status: 403 }));
    let matches = Request::Matches { tournament: tournament() };
    let list = provider.answer(&matches, at(30)).unwrap();
    assert_eq!(parse_matches(&list).unwrap(), []);
    let ended = ask(&mut provider, &fixture.id, fixture.ends_at());
    assert!(parse_match(&fixture.id, &ended).unwrap().result.is_some(), "and goes on");
}
