use super::*;

fn sql(code: &str, message: &str) -> Error {
    let body = format!(r#"{{"code":"{code}","message":"{message}"}}"#);
    Error::Sql(Box::new(SqlError::from_json(body.as_bytes()).unwrap()))
}

#[test]
fn a_sleeping_database_is_told_from_a_wrong_password() {
    let table = [
        (sql("28P01", "password authentication failed for user 'u'"), Reason::Password),
        (sql("", "password authentication failed for user 'u'"), Reason::Password),
        (sql("XX000", "Couldn't connect to compute node"), Reason::Waking),
        (sql("", "Control plane request failed"), Reason::Waking),
        (sql("57P01", "terminating connection due to administrator command"), Reason::Waking),
        (sql("57P03", "the database system is starting up"), Reason::Waking),
        (sql("23505", "duplicate key"), Reason::Statement),
        (sql("XX000", "unexpected internal state"), Reason::Statement),
        (Error::TimedOut { what: "a connection", secs: 5 }, Reason::Network),
        (Error::Address(AddressError::NoUser), Reason::Configuration),
        (Error::Startup(StartupError::Asked(Asked::Scram)), Reason::Protocol),
    ];
    for (error, reason) in table {
        assert_eq!(error.reason(), reason, "{error}");
    }
}

#[test]
fn a_status_alone_says_whether_to_try_again() {
    let of = |status| Error::Status { host: "h".to_owned(), status, message: String::new() };
    let table = [(401, Reason::Password), (404, Reason::Protocol), (429, Reason::Waking)];
    for (status, reason) in table.into_iter().chain([(500, Reason::Waking), (503, Reason::Waking)])
    {
        assert_eq!(of(status).reason(), reason, "{status}");
    }
}

#[test]
fn an_error_keeps_its_fields_and_shows_no_values() {
    let body = br#"{"message":"duplicate key","code":"23505","severity":"ERROR","table":"t",
        "detail":"Key (a)=(secret) already exists.","constraint":"t_pkey","where":null}"#;
    let error = SqlError::from_json(body).unwrap();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert_eq!((error.table(), error.constraint()), (Some("t"), Some("t_pkey")));
    assert_eq!(error.detail(), Some("Key (a)=(secret) already exists."));
    assert_eq!(error.to_string(), "ERROR: duplicate key (SQLSTATE 23505)");
    for other in [&b"{}"[..], b"", b"<html>", br#"{"msg":"x"}"#, b"[]"] {
        assert_eq!(SqlError::from_json(other), None);
    }
}

#[test]
fn what_went_through_the_driver_is_still_ours() {
    let io = std::io::Error::from(Error::TextFrame);
    let inner = io.get_ref().and_then(|e| e.downcast_ref::<Error>());
    assert!(matches!(inner, Some(Error::TextFrame)));
}
