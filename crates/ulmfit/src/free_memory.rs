//! Memory that is free on the machine or in the container.

use std::fs;
use std::sync::LazyLock;

/// What was free when it was first asked for: defaults must not change while a program runs.
static FREE: LazyLock<Option<u64>> = LazyLock::new(measure);

/// Bytes available without swapping; `None` where the system does not say.
pub(crate) fn free_memory() -> Option<u64> {
    *FREE
}

fn measure() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let machine = available(&read("/proc/meminfo")?)?;
    let group = read("/sys/fs/cgroup/memory.max").and_then(|limit| number(&limit));
    let used = read("/sys/fs/cgroup/memory.current").and_then(|used| number(&used));
    Some(group.map_or(machine, |limit| machine.min(limit.saturating_sub(used.unwrap_or(0)))))
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    number(line.strip_suffix("kB")?).map(|kib| kib << 10)
}

/// A number; a control group without a limit says `max`.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says() {
        let meminfo = "MemTotal:       24608820 kB\nMemAvailable:   20481234 kB\nBuffers: 1 kB\n";
        assert_eq!(available(meminfo), Some(20_481_234 << 10));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
        assert_eq!(number("max\n"), None);
        assert_eq!(number("1073741824\n"), Some(1 << 30));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_memory() {
        assert!(free_memory().unwrap() > 1 << 20);
    }
}
