//! Progress of a long command: one line that is overwritten on a terminal, else a line every few
//! seconds.

use std::io::{IsTerminal as _, Write};
use std::time::{Duration, Instant};

use crate::store::transfer::Done;

/// How often the line on a terminal is updated.
const ON_TERMINAL: Duration = Duration::from_millis(200);

/// How often a line is written to a log.
const IN_LOG: Duration = Duration::from_secs(5);

const MIB: f64 = 1024.0 * 1024.0;

/// Progress on standard error.
pub(super) struct Progress<'a> {
    err: &'a mut dyn Write,
    verb: &'static str,
    is_terminal: bool,
    start: Instant,
    told: Instant,
    /// The first report: an earlier run did that much.
    before: Option<Done>,
}

impl<'a> Progress<'a> {
    /// Begins. `verb` says what happens to records.
    pub(super) fn new(err: &'a mut dyn Write, verb: &'static str) -> Self {
        let start = Instant::now();
        Self {
            err,
            verb,
            is_terminal: std::io::stderr().is_terminal(),
            start,
            told: start,
            before: None,
        }
    }

    /// Tells, where it is time. A closed standard error is no reason to stop.
    pub(super) fn tell(&mut self, done: Done) {
        let before = *self.before.get_or_insert(done);
        let every = if self.is_terminal {
            ON_TERMINAL
        } else {
            IN_LOG
        };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        let line = line(self.verb, done, before, self.start.elapsed());
        let _ = match self.is_terminal {
            true => write!(self.err, "\r{line}\x1b[K"),
            false => writeln!(self.err, "upsell: {line}"),
        };
        let _ = self.err.flush();
    }

    /// Ends the line that was written over.
    pub(super) fn end(self) {
        if self.is_terminal && self.told != self.start {
            let _ = writeln!(self.err);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is rounded to a tenth")]
fn line(verb: &str, done: Done, before: Done, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let size = done.bytes as f64 / MIB;
    let rate = done.bytes.saturating_sub(before.bytes) as f64 / MIB / seconds;
    let each_second = done.records.saturating_sub(before.records) as f64 / seconds;
    format!(
        "{verb} {} records, {size:.1} MiB ({each_second:.0} records/s, {rate:.1} MiB/s)",
        done.records
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_what_this_run_did() {
        let before = Done {
            records: 1000,
            bytes: 1 << 20,
        };
        let done = Done {
            records: 5000,
            bytes: 5 << 20,
        };
        assert_eq!(
            line("exported", done, before, Duration::from_secs(2)),
            "exported 5000 records, 5.0 MiB (2000 records/s, 2.0 MiB/s)"
        );
    }

    #[test]
    fn a_short_run_says_nothing() {
        let mut err = Vec::new();
        let mut progress = Progress::new(&mut err, "exported");
        progress.tell(Done::default());
        progress.end();
        assert_eq!(err, b"");
    }
}
