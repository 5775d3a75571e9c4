//! What a benchmark ran on, for its heading.

/// The processor's name and its cores.
pub(crate) fn cores() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", field("/proc/cpuinfo", "model name"))
}

/// The value of the first line of that name. A heading does without it where the
/// system does not tell.
pub(crate) fn field(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':')).map_or("?".into(), |(_, v)| v.trim().to_owned())
}
