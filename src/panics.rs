//! Contains panics: one ends a request, a connection or one run of a task where the caller contains
//! it, and the process everywhere else.
//!
//! A panic is a defect. A caller may contain it, through [`caught`] or [`contained`], where no
//! shared state depends on the work that broke. Any other panic aborts the process once
//! [`abort_elsewhere`] was called: a thread or task that silently disappears would leave the rest
//! in an unknown state.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::pin::Pin;
use std::process::abort;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

thread_local! {
    /// Whether what this thread runs now is contained.
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

static CONTAINED: AtomicU64 = AtomicU64::new(0);

/// The work panicked. The log says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("panicked; the log says where")]
pub struct Panicked;

/// How many panics were contained since the process started.
#[must_use]
pub fn contained_so_far() -> u64 {
    CONTAINED.load(Ordering::Relaxed)
}

/// Runs `work`; a panic ends it and nothing else. The caller answers for all state that `work` may have left half
/// changed.
///
/// # Errors
/// [`Panicked`].
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outer = IS_CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CONTAINED.set(outer);
    done.map_err(|_| {
        CONTAINED.fetch_add(1, Ordering::Relaxed);
        Panicked
    })
}

/// [`caught`] for a future: around each poll.
#[must_use = "does nothing unless awaited"]
pub const fn contained<F: Future + Unpin>(work: F) -> Contained<F> {
    Contained(work)
}

/// See [`contained`].
#[derive(Debug)]
pub struct Contained<F>(F);

impl<F: Future + Unpin> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match caught(|| Pin::new(&mut self.0).poll(context)) {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    }
}

/// Logs every panic from now on, and aborts the process at one that nobody contains. For a program of its own: a hook is
/// the whole process's.
pub fn abort_elsewhere() {
    set_hook(Box::new(|info| {
        let is_contained = IS_CONTAINED.get();
        log(info, is_contained);
        if !is_contained {
            abort();
        }
    }));
}

fn log(info: &PanicHookInfo<'_>, is_contained: bool) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let why = harmless(text.unwrap_or_default());
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    let backtrace = backtrace.as_ref().map(tracing::field::display);
    let fate = if is_contained {
        "the work at hand ended, the service goes on"
    } else {
        "the process ends"
    };
    tracing::error!(thread, location, why, backtrace, "panicked: {fate}");
}

/// A message up to the first value in it: slices of text and results quote what they hold, and that may be a secret.
fn harmless(message: &str) -> &str {
    message.split('`').next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[test]
    fn a_panic_ends_what_is_caught_and_is_counted() {
        let before = contained_so_far();
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| panic!("a test")), Err::<(), _>(Panicked));
        assert!(contained_so_far() > before);
    }

    #[test]
    fn only_what_is_within_is_contained() {
        let seen = caught(|| {
            let inner = caught(|| panic!("a test"));
            (inner.is_err(), IS_CONTAINED.get())
        });
        assert_eq!((seen, IS_CONTAINED.get()), (Ok((true, true)), false));
    }

    #[tokio::test]
    async fn a_future_is_contained_at_each_poll() {
        assert_eq!(contained(ready(1)).await, Ok(1));
        let late = Box::pin(async {
            tokio::task::yield_now().await;
            assert!(IS_CONTAINED.get());
            panic!("a test");
        });
        assert_eq!(contained(late).await, Err::<(), _>(Panicked));
        let waiting = contained(pending::<()>());
        tokio::select! {
            biased;
            _ = waiting => unreachable!("it never ends"),
            () = ready(()) => assert!(!IS_CONTAINED.get()),
        }
    }

    #[test]
    fn no_value_of_a_message_is_logged() {
        let (sliced, index) = ("byte index 1 is not a char boundary", "the index is 5");
        assert_eq!(
            harmless(&format!("{sliced} of `secret`")),
            format!("{sliced} of")
        );
        assert_eq!(harmless(index), index);
    }
}
