//! The suite over every way a session can take. `MAUNTIC_TRANSPORT` chooses it: `tcp`
//! (as without it), `hyperdrive` (a bare proxy, as the local one is), `tls` (the store's own
//! TLS to a certificate of an authority of the tests), `neon-ws` (our client over the
//! stand-in of Neon's proxy), or as the workers go, whose ways in workerd carry what the
//! store here says: `workerd-tcp`, `workerd-tls`, `workerd-hyperdrive`, `workerd-neon-ws`
//! (they need the builds with fault hooks). `split`, `merge` and `delay` behind a colon have what
//! is between do so, but for the latter: `tls:split`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mauntic_neon_local::{End, Ending, Faults, Front, Validity};
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Cluster, Role, TestDatabase};
use mauntic_tests::transport::{Way, authority, trusting};

const VARIABLE: &str = "MAUNTIC_TRANSPORT";

/// Where the tests' server listens.
fn server() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, Cluster::shared().server().port()))
}

async fn named(name: &str, faults: Faults) -> Way {
    Way::named(name, server(), faults).await
}

/// The way that is wanted.
pub(crate) async fn wanted() -> Way {
    let wanted = std::env::var(VARIABLE).unwrap_or_else(|_| "tcp".to_owned());
    let (name, fault) = wanted.split_once(':').unwrap_or((&wanted, ""));
    let faults = match fault {
        "" => Faults::default(),
        "split" => Faults { frame_bytes_max: Some(100), ..Faults::default() },
        "merge" => Faults { merged_within: Some(Duration::from_millis(1)), ..Faults::default() },
        "delay" => Faults { delay: Duration::from_millis(2), ..Faults::default() },
        other => panic!("{VARIABLE}={name}:{other}: split, merge or delay"),
    };
    named(name, faults).await
}

#[tokio::test]
async fn a_cut_anywhere_leaves_all_rows_or_none() {
    let database = TestDatabase::create().await;
    let sql = "select n, repeat('x', n % 50) from generate_series(1, 100) n";
    for name in ["hyperdrive", "tls", "neon-ws"] {
        let mut whole = 0;
        for after_bytes in (0..6_000).step_by(293) {
            for ending in [Ending::Cut, Ending::Close(1000)] {
                let end = Some(End { after_bytes, ending });
                let way = named(name, Faults { end, ..Faults::default() }).await;
                let user = Role::Queue.name();
                let Ok(client) = way.client(user, database.name()).await else { continue };
                if let Ok(rows) = client.query_typed(sql, &[]).await {
                    assert_eq!(rows.len(), 100, "{name}, {after_bytes} {ending:?}");
                    whole += 1;
                }
            }
        }
        assert!(whole > 0, "some cuts come behind the last row");
    }
}

/// Neither falls back to clear text nor takes whoever answers.
#[tokio::test]
async fn tls_is_never_left_out_and_its_certificate_is_checked() {
    let database = TestDatabase::create().await;
    let own = Ipv4Addr::LOCALHOST.to_string();
    let table = [
        ("expired", own.as_str(), Validity::Expired, true),
        ("another's", "other.example", Validity::Good, true),
        ("nobody's", own.as_str(), Validity::Good, false),
    ];
    for (what, name, validity, trusted) in table {
        let names = [name];
        let front = Front::tls(server(), authority(), &names, validity, Faults::default());
        let front = front.await.expect("the proxy starts");
        let url = format!("postgres://x@{}/{}?sslmode=require", front.address(), database.name());
        let tcp = Tcp::new(&url).expect("a URL of the proxy's");
        let tcp = if trusted { tcp.with_tls(trusting()) } else { tcp };
        let error = tcp.client().await.map(|_| ()).expect_err(what);
        let shown = format!("{error:?}");
        assert!(shown.contains("InvalidCertificate"), "{what}: {shown}");
    }
    let bare = named("hyperdrive", Faults::default()).await;
    let Way::Bare(front) = &bare else { panic!("a bare proxy") };
    let url = format!("postgres://x@{}/{}?sslmode=require", front.address(), database.name());
    let error = Tcp::new(&url).expect("a URL of the proxy's").client().await.map(|_| ());
    let shown = error.expect_err("the server has no TLS").to_string();
    assert!(shown.contains("TLS"), "{shown}");
}
