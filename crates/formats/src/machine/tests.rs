use super::{available_memory, cpu_time, cpu_time_of_children, describe, left};

#[test]
fn the_machine_is_described_in_words() {
    let all = describe();
    for key in ["processor", "instructions", "cores", "system"] {
        assert!(all.get(key).is_some_and(|v| !v.trim().is_empty()), "{key}: {all:?}");
    }
}

#[test]
#[cfg(unix)]
fn processor_time_counts_the_work_of_all_threads_and_not_waiting() {
    let start = cpu_time().expect("unix says");
    std::thread::sleep(std::time::Duration::from_millis(50));
    let waited = cpu_time().expect("unix says") - start;
    let work = || {
        let from = std::time::Instant::now();
        let mut x = 0u64;
        while from.elapsed().as_millis() < 60 {
            x = std::hint::black_box(x.wrapping_add(1));
        }
    };
    std::thread::scope(|s| _ = s.spawn(work));
    let worked = cpu_time().expect("unix says") - start - waited;
    assert!(worked > waited && worked.as_millis() >= 5, "{waited:?} waiting, {worked:?} working");
}

#[test]
#[cfg(target_os = "linux")]
fn processor_time_of_programs_counts_once_they_have_ended() {
    let start = cpu_time_of_children().expect("Linux says");
    // As many rounds as it takes: how fast a shell counts is the machine's.
    for _ in 0..100 {
        let done = std::process::Command::new("sh").args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]).status().unwrap();
        assert!(done.success());
        if cpu_time_of_children().expect("Linux says") - start >= std::time::Duration::from_millis(30) {
            return;
        }
    }
    panic!("a hundred programs took no processor time");
}

#[test]
fn a_control_group_may_take_what_is_left_of_its_limit_and_what_files_would_give_up() {
    assert_eq!(left("1000\n", "700\n", ""), Some(300));
    assert_eq!(left("1000\n", "700\n", "anon 400\ninactive_file 250\n"), Some(550));
    assert_eq!(left("1000\n", "1200\n", ""), Some(0));
    assert_eq!(left("max\n", "700\n", ""), None);
}

#[test]
#[cfg(target_os = "linux")]
fn available_memory_is_some_and_no_more_than_there_is() {
    let available = available_memory().expect("Linux says");
    let all = super::field("/proc/meminfo", "MemTotal").unwrap();
    assert!(available > 0 && available <= all, "{available} of {all}");
}
