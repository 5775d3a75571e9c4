//! What a provider answers, and what is no answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::provider::{MATCH_BYTES_MAX, MATCHES_MAX, parse_match, parse_matches};
use super::result::ResultError;
use super::tests::{result, time};
use super::*;
use crate::ids::ProviderMatchId;

fn id(text: &str) -> ProviderMatchId {
    ProviderMatchId::parse(text).unwrap()
}

fn sent() -> Value {
    json!({
        "id": "2022-64", "round": "Final", "home": "Argentina", "away": "France",
        "kickoff": "2022-12-18T18:00:00+03:00", "status": "ended", "ground": "Lusail",
        "score": {"ht": [2, 0], "ft": [2, 2], "et": [3, 3], "p": [4, 2]}
    })
}

fn parse(value: &Value) -> Result<Answer, AnswerError> {
    parse_match(&id("2022-64"), value.to_string().as_bytes())
}

/// The answer with one field replaced; null is as if it were not there.
fn with(path: &str, value: Value) -> Value {
    let mut sent = sent();
    *sent.pointer_mut(path).unwrap() = value;
    sent
}

#[test]
fn an_answer_is_read() {
    let answer = parse(&sent()).unwrap();
    let expected = Answer {
        id: id("2022-64"),
        round: Round::parse("Final").unwrap(),
        home: "Argentina".to_owned(),
        away: "France".to_owned(),
        kickoff: time("2022-12-18T15:00:00Z"),
        status: Status::Ended,
        result: Some(result("2:2 3:3 4:2")),
    };
    assert_eq!(answer, expected);
    for status in Status::ALL.into_iter().filter(|status| *status != Status::Suspended) {
        let answer = parse(&with("/status", json!(status.name()))).unwrap();
        let has_result = matches!(status, Status::Ended | Status::Abandoned);
        assert_eq!((answer.status, answer.result.is_some()), (status, has_result));
    }
    // Before it has ended nobody looks at its score.
    let mut live = with("/score", json!("1:0 so far"));
    live["status"] = json!("live");
    assert_eq!(parse(&live).unwrap().result, None);
    let mut broken_off = with("/score", Value::Null);
    broken_off["status"] = json!("abandoned");
    assert_eq!(parse(&broken_off).unwrap().result, None);
}

#[test]
fn every_malformed_answer_has_a_name() {
    use AnswerError as E;
    let field = |field| E::Field { field };
    let goals = |part| E::Goals { part };
    #[rustfmt::skip]
    let table = [
        ("/id",       json!("2022-63"),               E::OtherMatch),
        ("/id",       json!(64),                      field("id")),
        ("/id",       json!("a b"),                   field("id")),
        ("/id",       Value::Null,                    field("id")),
        ("/round",    json!(""),                      field("round")),
        ("/round",    json!("r".repeat(65)),          field("round")),
        ("/home",     json!(" "),                     field("home")),
        ("/home",     json!("a\u{0}"),                field("home")),
        ("/away",     json!("a".repeat(101)),         field("away")),
        ("/kickoff",  json!("2022-12-18"),            field("kickoff")),
        ("/kickoff",  json!("2022-12-18T15:00:00"),   field("kickoff")),
        ("/kickoff",  json!("1969-12-31T23:59:59Z"),  field("kickoff")),
        ("/kickoff",  json!(1_671_375_600),           field("kickoff")),
        ("/status",   json!("finished"),              E::UnknownStatus),
        ("/status",   json!("suspended"),             E::UnknownStatus),
        ("/status",   json!(""),                      E::UnknownStatus),
        ("/status",   json!(["ended"]),               field("status")),
        ("/score",    json!([2, 2]),                  field("score")),
        ("/score",    Value::Null,                    E::NoScore),
        ("/score",    json!({}),                      E::NoScore),
        ("/score/ft", Value::Null,                    E::NoScore),
        ("/score/ft", json!([2]),                     goals("ft")),
        ("/score/ft", json!([2, 2, 2]),               goals("ft")),
        ("/score/ft", json!([2, "2"]),                goals("ft")),
        ("/score/ft", json!([2, 2.5]),                goals("ft")),
        ("/score/ft", json!([-1, 2]),                 goals("ft")),
        ("/score/ft", json!([100, 2]),                goals("ft")),
        ("/score/ft", json!([u64::MAX, 2]),           goals("ft")),
        ("/score/ft", json!("2:2"),                   goals("ft")),
        ("/score/et", json!([3]),                     goals("et")),
        ("/score/et", json!([1, 3]),                  E::Result(ResultError::Falls)),
        ("/score/p",  json!({"home": 4, "away": 2}),  goals("p")),
        ("/score/p",  json!([4, 4]),                  E::Result(ResultError::PenaltiesLevel)),
        ("/score/p",  json!([99, 4]),                 E::Result(ResultError::Goals)),
        ("/score/et", json!([3, 2]),                  E::Result(ResultError::PenaltiesWithoutDraw)),
    ];
    for (path, value, expected) in table {
        assert_eq!(parse(&with(path, value.clone())), Err(expected), "{path} {value}");
        assert!(expected.name().starts_with("answer_"));
    }
    let of = |body: &[u8]| parse_match(&id("2022-64"), body).unwrap_err();
    for body in [&b""[..], b"<html>", b"{", b"\xff", b"{} {}"] {
        assert_eq!(of(body), E::NotJson);
    }
    for body in [&b"[]"[..], b"null", b"7", b"\"ended\""] {
        assert_eq!(of(body), E::NotObject);
    }
    assert_eq!(of(b"{}"), field("id"));
    // Deeper than is read; and longer.
    assert_eq!(of(&b"[".repeat(1_000)), E::NotJson);
    assert_eq!(of(&vec![b' '; MATCH_BYTES_MAX + 1]), E::TooLong { max: MATCH_BYTES_MAX });
}

#[test]
fn a_list_is_read_whole_or_not() {
    let list = |matches: Value| parse_matches(json!({"matches": matches}).to_string().as_bytes());
    let other = with("/id", json!("2022-63"));
    assert_eq!(list(json!([])), Ok(Vec::new()));
    let ids: Vec<_> =
        list(json!([other, sent()])).unwrap().into_iter().map(|of| of.id.to_string()).collect();
    assert_eq!(ids, ["2022-63", "2022-64"]);
    assert_eq!(list(json!([sent(), sent()])), Err(AnswerError::Twice));
    assert_eq!(list(json!([sent(), 7])), Err(AnswerError::NotObject));
    let malformed = with("/status", json!("?"));
    assert_eq!(list(json!([sent(), malformed])), Err(AnswerError::UnknownStatus));
    assert_eq!(list(json!(vec![0; MATCHES_MAX + 1])), Err(AnswerError::TooMany));
    assert_eq!(list(json!({})), Err(AnswerError::Field { field: "matches" }));
    assert_eq!(parse_matches(b"[]"), Err(AnswerError::NotObject));
}

/// Any JSON, as a stranger may send it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|of| Value::Object(of.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Garbage is refused or harmless: what is read has goals within bounds.
    #[test]
    fn no_answer_breaks_the_reader(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        place in 0..11_usize,
        value in any_json(),
    ) {
        let _refused = parse_match(&id("2022-64"), &bytes).is_err();
        let places = [
            "", "/id", "/round", "/home", "/away", "/kickoff", "/status", "/score", "/score/ft",
            "/score/et", "/score/p",
        ];
        let sent = with(places[place], value);
        if let Ok(answer) = parse(&sent) {
            prop_assert_eq!(answer.status == Status::Ended, answer.result.is_some());
        }
        let _refused = parse_matches(sent.to_string().as_bytes()).is_err();
    }
}
