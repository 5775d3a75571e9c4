use super::*;

const HOST: &str = "ep-cool-name-123.eu-central-1.aws.neon.tech";

fn parse(url: &str) -> Result<Address, AddressError> {
    Address::parse(url, &Hosts::neon())
}

fn refused(host: &str) -> AddressError {
    AddressError::HostRefused { host: host.to_owned() }
}

#[test]
fn what_is_wrong_with_an_address_has_a_name() {
    let of = |host: &str| format!("postgres://u:p@{host}/db");
    let table = [
        (format!("https://u:p@{HOST}/db"), AddressError::WrongScheme),
        (format!("u:p@{HOST}/db"), AddressError::WrongScheme),
        (String::new(), AddressError::WrongScheme),
        (of(&format!("{HOST}:70000")), AddressError::NotAUrl),
        (of(&format!("{HOST}:5433")), AddressError::WrongPort { port: 5433 }),
        (of(&format!("{HOST}:443")), AddressError::WrongPort { port: 443 }),
        (of("localhost"), refused("localhost")),
        (of("127.0.0.1"), refused("127.0.0.1")),
        (of("neon.tech"), refused("neon.tech")),
        (of("evilneon.tech"), refused("evilneon.tech")),
        (of("ep.neon.tech.evil.example"), refused("ep.neon.tech.evil.example")),
        (of(".neon.tech"), AddressError::NotOneHost),
        (of("ep..neon.tech"), AddressError::NotOneHost),
        (of("ep.neon.tech,ep2.neon.tech"), AddressError::NotOneHost),
        (of("%2Ftmp"), AddressError::NotOneHost),
        (of("evil.example%23.neon.tech"), AddressError::NotOneHost),
        (of("evil.example%2F.neon.tech"), AddressError::NotOneHost),
        (of("ep%0d%0a.neon.tech"), AddressError::NotOneHost),
        (format!("postgres://{HOST}/db"), AddressError::NoUser),
        (format!("postgres://:p@{HOST}/db"), AddressError::NoUser),
        (format!("postgres://u@{HOST}/db"), AddressError::NoPassword),
        (format!("postgres://u:@{HOST}/db"), AddressError::NoPassword),
        (format!("postgres://u:p%00q@{HOST}/db"), AddressError::Nul),
        (format!("postgres://u%00database%00x:p@{HOST}/db"), AddressError::Nul),
    ];
    for (url, expected) in table {
        assert_eq!(parse(&url).unwrap_err(), expected, "{url}");
    }
}

#[test]
fn a_host_is_allowed_by_its_whole_name() {
    let hosts = Hosts::neon().and("Db.Localtest.me");
    assert!(Address::parse("postgres://u:p@db.localtest.me/d", &hosts).is_ok());
    assert!(Address::parse("postgres://u:p@DB.localtest.me/d", &hosts).is_ok());
    let other = Address::parse("postgres://u:p@x.db.localtest.me/d", &hosts).unwrap_err();
    assert_eq!(other, refused("x.db.localtest.me"));
}

#[test]
fn what_neons_console_shows_is_read() {
    let url = format!("postgresql://me:pw@{HOST}/neondb?sslmode=require&channel_binding=require");
    let address = parse(&url).unwrap();
    assert_eq!(address.host(), HOST);
    assert_eq!(address.http_host(), "api.eu-central-1.aws.neon.tech");
    assert!(!address.is_pooled());
    assert_eq!(address.config().get_ssl_mode(), SslMode::Disable);
    assert_eq!(address.connection_string(), format!("postgresql://me:pw@{HOST}/neondb"));
    let pooled = HOST.replace("-123", "-123-pooler");
    assert!(parse(&format!("postgres://u:p@{pooled}/db")).unwrap().is_pooled());
    assert!(parse(&format!("postgres://u:p@{HOST}:5432")).is_ok());
}

#[test]
fn parts_are_escaped_again_and_read_as_the_same() {
    let url = format!("postgres://a%40b:p%2Fw%3F%20%C3%A9@{HOST}/d%2Fb?options=endpoint%3Dep-1");
    let address = parse(&url).unwrap();
    let again = address.connection_string();
    assert!(again.is_ascii());
    let read = parse(&again).unwrap();
    assert_eq!(read.config(), address.config());
    assert_eq!(read.password(), "p/w? é".as_bytes());
}

#[test]
fn no_password_is_shown() {
    let address = parse(&format!("postgres://u:hunter2@{HOST}/db")).unwrap();
    assert!(!format!("{address:?} {:?}", address.config()).contains("hunter2"));
}

#[test]
fn an_application_name_of_the_address_stays() {
    let mut address = parse(&format!("postgres://u:p@{HOST}/db?application_name=x")).unwrap();
    address.set_application_name("y");
    assert_eq!(address.config().get_application_name(), Some("x"));
}
