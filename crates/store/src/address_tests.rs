use super::*;

#[test]
fn tls_follows_sslmode_and_never_falls_back_outside_the_machine() {
    use AddressError::UnknownSslMode;
    for (host, query, tls) in [
        ("db.example.com", "", Ok(true)),
        ("db.example.com", "?sslmode=require", Ok(true)),
        ("db.example.com", "?sslmode=verify-full", Ok(true)),
        ("db.example.com", "?sslmode=prefer", Ok(true)),
        ("db.example.com", "?sslmode=disable", Ok(false)),
        ("db.example.com", "?sslmode=", Err(UnknownSslMode)),
        ("db.example.com", "?sslmode=Require", Err(UnknownSslMode)),
        ("localhost", "", Ok(false)),
        ("127.0.0.1", "?sslmode=prefer", Ok(false)),
        ("[::1]", "", Ok(false)),
        ("localhost", "?sslmode=require", Ok(true)),
    ] {
        let read = parse(&format!("postgres://u:p@{host}:6543/d{query}"));
        assert_eq!(read.as_ref().map(|a| a.tls).map_err(|e| *e), tls, "{host}{query}");
        if let Ok(address) = read {
            let mode = if address.tls { SslMode::Require } else { SslMode::Disable };
            assert_eq!(address.config.get_ssl_mode(), mode, "{host}{query}");
            assert_eq!(address.port, 6543);
        }
    }
}

#[test]
fn keys_of_providers_are_left_out_and_the_rest_is_kept() {
    let url = "postgresql://a%40b:p%3Fw@ep-x.neon.tech/main?sslmode=require&channel_binding=require\
               &pool_timeout=3&options=endpoint%3Dep-x&hostaddr=nonsense&application_name=me";
    let address = parse(url).unwrap();
    assert_eq!(address.host, "ep-x.neon.tech");
    assert_eq!(address.port, 5432);
    assert_eq!(address.config.get_user(), Some("a@b"));
    assert_eq!(address.config.get_password(), Some(b"p?w".as_slice()));
    assert_eq!(address.config.get_dbname(), Some("main"));
    assert_eq!(address.config.get_options(), Some("endpoint=ep-x"));
    assert_eq!(address.config.get_application_name(), Some("me"));
    assert_eq!(address.config.get_channel_binding(), ChannelBinding::Disable);
    assert!(address.config.get_hostaddrs().is_empty());
}

#[test]
fn what_is_no_address_is_refused_without_being_repeated() {
    for (url, expected) in [
        ("", AddressError::NotAUrl),
        ("host=db user=u password=secret", AddressError::NotAUrl),
        ("mysql://u:secret@db/d", AddressError::NotAUrl),
        ("postgres://u:secret@db:port/d", AddressError::NotAUrl),
        ("postgres://db/d", AddressError::NoUser),
        ("postgres://:secret@db/d", AddressError::NoUser),
        ("postgres://u:secret@/d", AddressError::NotOneHost),
        ("postgres://u:secret@a,b/d", AddressError::NotOneHost),
        ("postgres://u:secret@%2Ftmp/d", AddressError::NotOneHost),
        ("postgres://u:secret@db/d?sslmode=secret", AddressError::UnknownSslMode),
    ] {
        let error = parse(url).map(|address| address.host).unwrap_err();
        assert_eq!(error, expected, "{url}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn an_unescaped_question_mark_in_a_password_hides_nothing() {
    let address = parse("postgres://u:a?b@db/d?sslmode=disable").unwrap();
    assert_eq!(address.config.get_password(), Some(b"a?b".as_slice()));
    assert!(!address.tls);
}

#[test]
fn another_user_keeps_everything_else() {
    for (url, expected) in [
        ("postgres://o:p@db/d?sslmode=require", "postgres://u:s@db/d?sslmode=require"),
        ("postgresql://o@[::1]:5433/d", "postgresql://u:s@[::1]:5433/d"),
        ("postgres://db:1/d", "postgres://u:s@db:1/d"),
        ("postgres://o:p%40q@db/d?options=a@b", "postgres://u:s@db/d?options=a@b"),
        ("postgres://o:a/b@localhost/d", "postgres://u:s@localhost/d"),
        ("postgres://db/d?options=a@b", "postgres://u:s@db/d?options=a@b"),
    ] {
        assert_eq!(with_user(url, "u", "s"), expected, "{url}");
    }
}
