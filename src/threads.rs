//! Which threads go first where all cores are busy, and what those must not wait for.
//!
//! The threads that answer HTTP have the priority of the process; workers and the store's writer have a
//! lower one. So a thread that answers never waits for a lock that one of the others may hold: that one may have to wait
//! for a core meanwhile. It takes such a lock with [`try_read`] and leaves the request to the workers where it cannot.

use std::cell::Cell;
use std::sync::{RwLock, RwLockReadGuard, TryLockError};

/// How far the threads that do what takes long stand back behind those that answer at once, in the
/// steps of `nice`: where all cores are busy, they still get a tenth.
const STEPS_BACK: i32 = 10;

thread_local! {
    static STANDS_BACK: Cell<bool> = const { Cell::new(false) };
}

/// Lets the calling thread stand back, and the threads that it starts from now on. There is no way
/// forward again.
pub fn lower_priority() {
    STANDS_BACK.set(true);
    let me = Some(rustix::thread::gettid());
    let own = rustix::process::getpriority_process(me).unwrap_or_default();
    // Where that is not allowed, all have the same priority.
    let _refused = rustix::process::setpriority_process(me, own + STEPS_BACK);
}

/// Whether the calling thread stands back. It must not take a lock then that others wait for.
#[must_use]
pub fn stands_back() -> bool {
    STANDS_BACK.get()
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
