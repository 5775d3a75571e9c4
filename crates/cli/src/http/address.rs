//! Reads the address of a deployment.

use std::net::IpAddr;

use ureq::http::Uri;

/// The address without what follows the host and its path's last slash; a token
/// leaves this machine only encrypted.
pub(super) fn base(url: &str) -> Result<String, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "is none; it is like https://scoring.example.com")?;
    let host = uri.host().ok_or("must begin with https://")?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("must not hold a password");
    }
    if uri.query().is_some() {
        return Err("must end before ?");
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) => {}
        Some("http") => return Err("must begin with https:// unless it is of this machine"),
        _ => return Err("must begin with https://"),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leaves_this_machine_only_encrypted() {
        for url in
            ["https://a.example", "http://localhost:8787/", "http://127.0.0.1:1", "http://[::1]:2"]
        {
            assert_eq!(base(url).unwrap(), url.trim_end_matches('/'));
        }
        for url in [
            "",
            "a.example",
            "http://a.example",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a.example/?q",
            "https://",
            "http://localhost.example",
        ] {
            assert!(base(url).is_err(), "{url}");
        }
    }
}
