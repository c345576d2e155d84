//! Which threads have priority when all cores are busy.
//!
//! The threads that answer HTTP have the priority of the process; workers and the store's writer
//! have a lower one (`lower_priority`). A thread that answers HTTP must not wait for a lock that a
//! thread of lower priority may hold, since the holder may have to wait for a core. It takes such a
//! lock with [`try_read`], and leaves the request to the workers when it cannot.
//!
//! One exception: a short usage report runs on the thread that answers. Where it must read the store
//! (an account that the account table does not have, or a dry run), it may wait for the length of
//! one copy or insert.

use std::cell::Cell;
use std::sync::{RwLock, RwLockReadGuard, TryLockError};

/// How much the niceness of workers is raised: when all cores are busy, they still get a tenth.
const NICE_STEPS: i32 = 10;

thread_local! {
    static HAS_LOWER_PRIORITY: Cell<bool> = const { Cell::new(false) };
}

/// Lowers the priority of the calling thread, and of the threads that it starts from now on. It
/// cannot be raised again.
pub fn lower_priority() {
    HAS_LOWER_PRIORITY.set(true);
    let me = Some(rustix::thread::gettid());
    let own = rustix::process::getpriority_process(me).unwrap_or_default();
    // Where that is not allowed, all have the same priority.
    let _refused = rustix::process::setpriority_process(me, own + NICE_STEPS);
}

/// Whether the calling thread has a lower priority. It must then not take a lock that others wait
/// for.
#[must_use]
pub fn has_lower_priority() -> bool {
    HAS_LOWER_PRIORITY.get()
}

/// The lock for reading, unless somebody writes or is about to.
pub fn try_read<T>(lock: &RwLock<T>) -> Option<RwLockReadGuard<'_, T>> {
    match lock.try_read() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// What `look` finds while another thread has the lock for writing.
    fn while_written<T: Send>(lock: &RwLock<u8>, look: impl FnOnce() -> T + Send) -> T {
        let guard = lock.write().unwrap();
        std::thread::scope(|scope| {
            let (found, answer) = channel();
            scope.spawn(move || found.send(look()).unwrap());
            let answer = answer.recv_timeout(Duration::from_secs(20));
            drop(guard);
            answer.expect("it waits for the lock")
        })
    }

    #[test]
    fn nobody_waits_for_a_lock_that_is_written() {
        let lock = RwLock::new(1);
        assert!(while_written(&lock, || try_read(&lock).is_none()));
        assert_eq!(try_read(&lock).map(|value| *value), Some(1));
    }
}
