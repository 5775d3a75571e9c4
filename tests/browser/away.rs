//! A database that is away: pages say so, and come back by themselves.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{DATABASE, world};

/// Longest wait for a signal: far above what is ever needed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_say_that_the_database_is_away_and_recover() {
    let world = world().await;
    let _alone = DATABASE.write().await;
    let signals = std::env::temp_dir().join(format!("mauntic-browser-{}", std::process::id()));
    std::fs::create_dir_all(&signals).unwrap();
    let mut told = world.given.told.clone();
    told["signals"] = signals.to_str().into();
    let proxy = world.given.stack.proxy.as_ref().unwrap();
    std::thread::scope(|scope| {
        let turned = scope.spawn(|| {
            if wait(&signals.join("opened")) {
                proxy.go_away();
                wait(&signals.join("seen"));
            }
            proxy.resume();
        });
        world.driver.play("pages_recover", &told);
        turned.join().unwrap();
    });
    std::fs::remove_dir_all(PathBuf::from(&signals)).unwrap();
}

fn wait(signal: &Path) -> bool {
    let started = Instant::now();
    while !signal.exists() && started.elapsed() < PATIENCE {
        std::thread::park_timeout(LOOK_EVERY);
    }
    signal.exists()
}
