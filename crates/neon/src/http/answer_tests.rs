use proptest::prelude::*;

use super::*;

const ANSWER: &str = r#"{"command":"SELECT","rowCount":2,"rowAsArray":true,
    "fields":[{"name":"n","dataTypeID":23,"tableID":0,"format":"text"},{"name":"t","dataTypeID":25}],
    "rows":[["1","a"],["2",null]]}"#;

fn malformed(body: &str) -> &'static str {
    match Answer::read(body.as_bytes()) {
        Err(Error::Malformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_read_by_number_and_name() {
    let answer = Answer::read(ANSWER.as_bytes()).unwrap();
    assert_eq!((answer.command.as_str(), answer.count), ("SELECT", Some(2)));
    let [first, second] = &*answer.rows else { panic!("two rows") };
    assert_eq!(first.get::<i32>(0).unwrap(), 1);
    assert_eq!(first.by_name::<String>("t").unwrap(), "a");
    assert_eq!(second.by_name::<Option<String>>("t").unwrap(), None);
    assert_eq!(first.columns()[1].name(), "t");
    assert_eq!(first.columns()[0].type_oid(), 23);
}

#[test]
fn what_a_column_is_not_has_a_name_and_no_value() {
    let answer = Answer::read(ANSWER.as_bytes()).unwrap();
    let second = &answer.rows[1];
    let of = |error: Error| error.to_string();
    assert_eq!(of(second.get::<i64>(0).unwrap_err()), "column n: is of type int4, which is no i64");
    assert_eq!(of(second.get::<String>(1).unwrap_err()), "column t: is NULL");
    assert_eq!(of(second.get::<i32>(2).unwrap_err()), "column 2: is not in the answer");
    assert_eq!(of(second.by_name::<i32>("x").unwrap_err()), "column x: is not in the answer");
    let odd = Answer::read(ANSWER.replace("\"2\"", "\"two\"").as_bytes()).unwrap();
    assert_eq!(of(odd.rows[1].get::<i32>(0).unwrap_err()), "column n: holds no i32");
}

#[test]
fn a_part_is_never_taken_for_the_whole() {
    for at in 0..ANSWER.len() {
        assert_eq!(malformed(&ANSWER[..at]), "a statement's answer");
    }
    let few = ANSWER.replace(r#"["2",null]"#, r#"["2"]"#);
    assert_eq!(malformed(&few), "a value for each column of each row");
    let fewer = ANSWER.replace(r#",["2",null]"#, "");
    assert_eq!(malformed(&fewer), "as many rows as it counts");
    let objects = ANSWER.replace(r#"["1","a"]"#, r#"{"n":1,"t":"a"}"#);
    assert_eq!(malformed(&objects), "a statement's answer");

    let two = format!(r#"{{"results":[{ANSWER},{ANSWER}]}}"#);
    assert_eq!(Answer::read_batch(two.as_bytes(), 2).unwrap().len(), 2);
    for statements in [1, 3] {
        let error = Answer::read_batch(two.as_bytes(), statements).unwrap_err();
        assert!(matches!(error, Error::Malformed("as many answers as statements")));
    }
}

#[test]
fn commands_without_rows_are_answers() {
    let created = r#"{"command":"SELECT","rowCount":3,"fields":[],"rows":[]}"#;
    assert_eq!(Answer::read(created.as_bytes()).unwrap().count, Some(3));
    let begun = r#"{"command":"BEGIN","rowCount":null,"fields":[],"rows":[]}"#;
    assert_eq!(Answer::read(begun.as_bytes()).unwrap().count, None);
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Answer::read(&bytes).is_err());
        prop_assert!(Answer::read_batch(&bytes, 1).is_err());
    }

    #[test]
    fn what_was_sent_is_what_is_read(
        rows in prop::collection::vec(prop::collection::vec(prop::option::of(".*"), 3), 0..10),
    ) {
        let fields: Vec<_> =
            (0..3).map(|n| serde_json::json!({"name": n.to_string(), "dataTypeID": 25})).collect();
        let body = serde_json::json!({
            "command": "SELECT", "rowCount": rows.len(), "fields": fields, "rows": rows,
        });
        let answer = Answer::read(body.to_string().as_bytes()).unwrap();
        let read: Vec<Vec<Option<String>>> = answer
            .rows
            .iter()
            .map(|row| (0..3).map(|n| row.get(n).unwrap()).collect())
            .collect();
        prop_assert_eq!(read, rows);
    }
}
