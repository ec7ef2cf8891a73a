//! Promises of secret memory.

use super::*;
use std::sync::mpsc::channel;

fn mapping_of(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/smaps").expect("Linux has /proc");
    let mut found = false;
    let mut lines = Vec::new();
    for line in maps.lines() {
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        if let Some((from, to)) = range
            && let (Ok(from), Ok(to)) = (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16))
        {
            found = (from..to).contains(&address);
        }
        if found {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn flags_of(address: usize) -> String {
    let mapping = mapping_of(address);
    mapping.lines().find(|line| line.starts_with("VmFlags")).unwrap_or_default().to_owned()
}

/// Secrets, aws-lc's heap and a secret thread's stack lie in a mapping that is not forked and not dumped.
#[test]
fn all_three_kinds_of_secret_lie_in_the_arena() {
    let report = start(None).expect("secret memory");
    let bytes = SecretBytes::copy_of(b"secret").expect("room");
    let context = heap::sample_address();
    let (tell, told) = channel();
    spawn("stack", 64 << 10, 0, move || {
        let local = 0u8;
        tell.send(std::ptr::from_ref(&local) as usize).expect("the test waits");
    })
    .expect("a thread");
    let stack = told.recv().expect("the thread tells");
    for address in [bytes.as_ptr() as usize, context, stack] {
        let flags = flags_of(address);
        assert!(flags.contains(" dc ") && flags.contains(" dd "), "not forked, not dumped: {flags}");
        if report.kind == "memfd_secret" {
            assert!(mapping_of(address).contains("secretmem"), "{}", mapping_of(address));
        }
    }
    let ordinary = Box::new(0u8);
    assert!(!flags_of(std::ptr::from_ref(&*ordinary) as usize).contains(" dc "), "control: the ordinary heap");
}

/// The kernel refuses to read secret memory through /proc/self/mem, even to this process; ordinary memory it reads.
#[test]
fn proc_mem_does_not_read_the_arena() {
    use std::os::unix::fs::FileExt;
    if start(None).expect("secret memory").kind != "memfd_secret" {
        eprintln!("not offered: this kernel has no memfd_secret");
        return;
    }
    let mem = std::fs::File::open("/proc/self/mem").expect("Linux has /proc");
    let secret = SecretBytes::copy_of(&[0x5a; 64]).expect("room");
    let ordinary = [0x5a_u8; 64];
    let mut seen = [0; 64];
    assert!(mem.read_exact_at(&mut seen, secret.as_ptr() as u64).is_err());
    mem.read_exact_at(&mut seen, ordinary.as_ptr() as u64).expect("control: ordinary memory is readable");
    assert_eq!(seen, [0x5a; 64]);
}

/// No descriptor of the arena is left for root to take.
#[test]
fn the_descriptor_is_closed() {
    start(None).expect("secret memory");
    for entry in std::fs::read_dir("/proc/self/fd").expect("Linux has /proc") {
        let target = std::fs::read_link(entry.expect("an entry").path()).unwrap_or_default();
        assert!(!target.to_string_lossy().contains("secretmem"));
    }
}

/// What is dropped is wiped where it lay.
#[test]
#[allow(unsafe_code, reason = "looks at memory that was given back")]
fn what_is_dropped_is_wiped() {
    start(None).expect("secret memory");
    let secret = SecretBytes::copy_of(&vec![0x5a; 1 << 20]).expect("room");
    let middle = (secret.as_ptr() as usize + (1 << 19)) as *const u8;
    // SAFETY: within the block.
    assert_eq!(unsafe { middle.read_volatile() }, 0x5a, "control: it was there");
    drop(secret);
    // SAFETY: the arena stays mapped; whoever has the place now, the byte is readable.
    assert_ne!(unsafe { middle.read_volatile() }, 0x5a);
}

/// Where the kernel has no memfd_secret, memory is locked, not forked and not dumped.
#[test]
fn the_fallback_is_locked_and_not_dumped() {
    let base = map::map_locked(1 << 20).expect("locked memory");
    let flags = flags_of(base.as_ptr() as usize);
    assert!(flags.contains(" lo ") && flags.contains(" dd "), "{flags}");
}

/// Full means refused: what is too much is not taken from elsewhere.
#[test]
fn a_request_beyond_the_arena_is_refused_and_use_is_counted() {
    start(None).expect("secret memory");
    assert_eq!(SecretBytes::zeroed(usage().total).err(), Some(OutOfSecretMemory));
    assert_eq!(SecretBytes::zeroed(usize::MAX).err(), Some(OutOfSecretMemory));
    let large = SecretBytes::zeroed(1 << 20).expect("room");
    assert!(usage().used >= large.len());
    assert!(large.iter().all(|byte| *byte == 0));
    assert_eq!(SecretBytes::zeroed(0).expect("takes no room").len(), 0);
}

/// The content never shows in a debug print.
#[test]
fn a_secret_is_not_printed() {
    start(None).expect("secret memory");
    let secret = SecretBytes::copy_of(b"hunter2").expect("room");
    assert_eq!(format!("{secret:?}"), "SecretBytes(7 bytes)");
}
