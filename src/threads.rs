//! Which threads go first where all cores are busy.

/// How far the threads that do what takes long stand back behind those that answer at once, in the
/// steps of `nice`: where all cores are busy, they still get a tenth.
const STEPS_BACK: i32 = 10;

/// Lets the calling thread stand back, and the threads that it starts from now on. There is no way
/// forward again.
pub fn stand_back() {
    let me = Some(rustix::thread::gettid());
    let own = rustix::process::getpriority_process(me).unwrap_or_default();
    // Where that is not allowed, all have the same priority.
    let _refused = rustix::process::setpriority_process(me, own + STEPS_BACK);
}
