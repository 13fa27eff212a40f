//! What a number was measured on: processor, memory, time.

use std::collections::BTreeMap;
use std::time::Duration;

/// The machine in words, for [`homolog_base::report::Provenance::machine`]: `processor`, `instructions`, `cores`,
/// `memory`, `system`.
pub fn describe() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut put = |key: &str, value: String| all.insert(key.to_string(), value);
    put("processor", processor().unwrap_or_else(|| std::env::consts::ARCH.to_string()));
    put("instructions", instructions());
    put("cores", std::thread::available_parallelism().map_or(1, usize::from).to_string());
    if let Some(bytes) = field("/proc/meminfo", "MemTotal") {
        put("memory", format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)));
    }
    put("system", system());
    all
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

/// The instruction sets that the program chooses between on this machine.
fn instructions() -> String {
    let mut found = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
            ("avx512dq", std::arch::is_x86_feature_detected!("avx512dq")),
        ];
        found.extend(known.into_iter().filter(|k| k.1).map(|k| k.0));
    }
    found.join(" ")
}

fn system() -> String {
    let pretty = std::fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let line = text.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_string())
    });
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|k| k.trim().to_string());
    match (pretty, kernel) {
        (Some(p), Some(k)) => format!("{p}, {} {k}", std::env::consts::OS),
        (None, Some(k)) => format!("{} {k}", std::env::consts::OS),
        (Some(p), None) => p,
        (None, None) => std::env::consts::OS.to_string(),
    }
}

/// A field of a file of `/proc` that is given in kB, in bytes.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Bytes that can still be had: what the system says is available, or what the group of processes that this one is in may still
/// take, when that is less. None where the system does not say.
pub fn available_memory() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = |name: &str| read(&format!("/sys/fs/cgroup/memory.{name}"));
    let of_group = group("max").zip(group("current")).and_then(|(max, current)| left(&max, &current, &group("stat").unwrap_or_default()));
    let of_system = field("/proc/meminfo", "MemAvailable");
    of_system.into_iter().chain(of_group).min()
}

/// What a control group may still take; none when it has no limit. Files that it read and that nobody has open count as
/// taken, but are given up when memory is asked for.
fn left(max: &str, current: &str, stat: &str) -> Option<u64> {
    let max: u64 = max.trim().parse().ok()?;
    let current: u64 = current.trim().parse().ok()?;
    let files = stat.lines().find_map(|l| l.strip_prefix("inactive_file ")).and_then(|n| n.trim().parse().ok()).unwrap_or(0);
    Some(max.saturating_sub(current.saturating_sub(files)))
}

/// The most memory this process has held at once since it began or since [`reset_peak_memory`], in bytes. None where the
/// system does not say.
pub fn peak_memory() -> Option<u64> {
    field("/proc/self/status", "VmHWM")
}

/// Lets [`peak_memory`] begin anew from what is held now. False where that cannot be done: the peak is then that of the
/// whole life of the process.
pub fn reset_peak_memory() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Processor time of this process so far, of all its threads, also of those that have ended. None where the system does
/// not say.
pub fn cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(u64::try_from(t.tv_sec).ok()?, u32::try_from(t.tv_nsec).ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// Processor time of all programs that this process started and that have ended, in steps of 10 ms. None where the system does
/// not say.
pub fn cpu_time_of_children() -> Option<Duration> {
    // The name of the program, in brackets, may hold anything; what follows it are numbers. A tick of /proc is 1/100 s, whatever
    // the kernel's own is.
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    // Fields 16 and 17 of proc(5); the first after the name is field 3.
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(16)? + ticks(17)?)))
}

#[cfg(test)]
mod tests;
