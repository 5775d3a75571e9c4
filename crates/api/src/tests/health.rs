//! The health check's verdicts.

use chrono::TimeDelta;
use mauntic_flows::ports::PortError;

use super::call::Call;
use super::world::{World, epoch};

async fn check(world: &World) -> super::call::Answer {
    Call::get("/api/monitoring/health").send(world).await
}

#[tokio::test]
async fn all_is_well() {
    let answer = check(&World::new()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["status"], "healthy");
    assert_eq!(answer.body["checks"]["schema"]["version"], 3);
    assert_eq!(answer.body["checks"]["scheduler"]["duties"][0]["name"], "relay");
}

#[tokio::test]
async fn a_late_or_missing_beat_degrades() {
    for (ages_secs, status, code) in [
        (vec![149], 200, None),
        (vec![150], 503, Some("heartbeat_late")),
        (vec![0, 10_000], 503, Some("heartbeat_late")),
        (vec![-5], 200, None),
        (vec![], 503, Some("heartbeat_missing")),
    ] {
        let world = World::new();
        world.data().beats = ages_secs
            .iter()
            .map(|age| (format!("duty {age}"), epoch() - TimeDelta::seconds(*age)))
            .collect();
        let answer = check(&world).await;
        assert_eq!(answer.status, status, "{ages_secs:?}");
        let expected = if status == 200 { "healthy" } else { "degraded" };
        assert_eq!(answer.body["status"], expected);
        assert_eq!(answer.body["checks"]["scheduler"]["code"].as_str(), code);
    }
}

#[tokio::test]
async fn a_schema_of_another_build_is_unhealthy() {
    for (version, status) in [(1, 500), (2, 200), (4, 200), (5, 500)] {
        let world = World::new();
        world.data().schema_version = version;
        let answer = check(&world).await;
        assert_eq!(answer.status, status, "{version}");
        assert_eq!(answer.body["checks"]["schema"]["minimum"], 2);
        assert_eq!(answer.body["checks"]["schema"]["maximum"], 4);
    }
}

#[tokio::test]
async fn an_unreachable_database_is_unhealthy_and_tells_no_more() {
    for at_open in [true, false] {
        let world = World::new();
        let error = Some(PortError::Unavailable {
            what: "the database",
            cause: "secret-host.example refused".to_owned(),
        });
        if at_open {
            world.data().fail_open = error;
        } else {
            world.data().fail_work = error;
        }
        let answer = check(&world).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.body["status"], "unhealthy");
        assert_eq!(answer.body["checks"]["database"]["code"], "unavailable");
        assert!(!answer.body.to_string().contains("secret-host"));
        assert_eq!(answer.line["code"], "unavailable");
        assert!(answer.line["cause"].as_str().unwrap().contains("secret-host"));
    }
}
