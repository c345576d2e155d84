use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn cut(cause: Cause) -> Action {
    Action::Cut(Some(cause))
}

fn is_wait(action: Action) -> bool {
    matches!(action, Action::Wait(_))
}

#[tokio::test(start_paused = true)]
async fn a_connection_through_its_phases() {
    let limits = Limits::default();
    let now = Instant::now();
    let watch = H1Watch::new(now);
    assert!(is_wait(watch.look(now + 9 * SECOND, &limits)));
    assert_eq!(
        watch.look(now + 10 * SECOND, &limits),
        cut(Cause::HeaderTimeout)
    );
    tokio::time::advance(5 * SECOND).await;
    watch.on_read();
    // Reading a first byte does not start the clock again.
    assert_eq!(
        watch.look(now + 10 * SECOND, &limits),
        cut(Cause::HeaderTimeout)
    );
    watch.on_request();
    assert!(is_wait(watch.look(now + 1000 * SECOND, &limits)));
    watch.on_response(false);
    let written = now + 5 * SECOND;
    assert!(is_wait(watch.look(written + 29 * SECOND, &limits)));
    watch.on_write(30 * 64 * 1024);
    // At the least rate it is given the same time again, once.
    assert!(is_wait(watch.look(written + 30 * SECOND, &limits)));
    assert_eq!(
        watch.look(written + 60 * SECOND, &limits),
        cut(Cause::WriteTimeout)
    );
    watch.on_flushed();
    assert!(is_wait(watch.look(written + 59 * SECOND, &limits)));
    assert_eq!(
        watch.look(written + 60 * SECOND, &limits),
        Action::CloseIdle
    );
    assert!(!watch.ends_when_idle());
    watch.close_when_idle();
    assert!(watch.ends_when_idle());
    watch.on_read();
    assert!(!watch.ends_when_idle(), "a request came after all");
}

/// Whatever began since the last look is overdue no sooner than the next one.
#[tokio::test(start_paused = true)]
async fn no_look_is_too_late() {
    let limits = Limits::default();
    let now = Instant::now();
    let watch = H1Watch::new(now);
    watch.on_request();
    watch.on_response(false);
    watch.on_flushed();
    let Action::Wait(next) = watch.look(now, &limits) else {
        panic!("nothing is overdue yet");
    };
    watch.on_read();
    assert!(next <= now + limits.header_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_drain_leaves_idle_connections_a_moment() {
    let limits = Limits::default();
    let now = Instant::now();
    let watch = H1Watch::new(now);
    watch.drain(now);
    assert_eq!(
        watch.look(now + SECOND / 2, &limits),
        Action::Wait(now + limits.drain_idle)
    );
    assert_eq!(
        watch.look(now + limits.drain_idle, &limits),
        Action::CloseIdle
    );
    watch.on_request();
    assert!(is_wait(watch.look(now + 9 * SECOND, &limits)));
}
