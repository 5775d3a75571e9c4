//! What the workers' runtime cost in CPU time.

use std::collections::BTreeMap;
use std::fs;

/// Clock ticks a second; Linux shows 100 of them whatever it counts by.
const MILLIS_PER_TICK: u64 = 10;

/// CPU time so far of every workerd that this process started, in milliseconds.
pub(crate) fn workerd_cpu_ms() -> u64 {
    let mut parents: BTreeMap<u32, (u32, u64, bool)> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        // Behind the name, which may hold anything: state, parent, and the times.
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        let (Some(parent), Some(user), Some(system)) = (number(1), number(11), number(12)) else {
            continue;
        };
        let parent = u32::try_from(parent).unwrap_or(0);
        parents.insert(pid, (parent, (user + system) * MILLIS_PER_TICK, line.contains("workerd")));
    }
    let is_ours = |mut pid: u32| {
        for _ in 0..parents.len() {
            if pid == std::process::id() {
                return true;
            }
            pid = parents.get(&pid).map_or(0, |(parent, _, _)| *parent);
        }
        false
    };
    let ours = parents.iter().filter(|(pid, (_, _, is_workerd))| *is_workerd && is_ours(**pid));
    ours.map(|(_, (_, cpu_ms, _))| cpu_ms).sum()
}
