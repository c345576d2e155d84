//! STUB replaced by the render branch.
/// x
pub struct Renderer;
