//! Quota policies by a short id, so that a slot can say by which one its items were found.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::domain::evaluate::QuotaPolicy;

/// Names a quota policy for as long as the process runs; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyId(pub(super) u16);

impl PolicyId {
    /// Names no policy: more are in use than there are ids. Nothing that needs one is known then.
    pub const NONE: Self = Self(0);
}

/// Policies of one block; blocks are made when they are needed.
const BLOCK: usize = 256;

type Block = Box<[OnceLock<QuotaPolicy>]>;

#[derive(Debug)]
pub(super) struct Policies {
    blocks: Box<[OnceLock<Block>]>,
    ids: Mutex<HashMap<QuotaPolicy, u16>>,
}

impl Policies {
    pub(super) fn new() -> Self {
        Self {
            blocks: (0..BLOCK).map(|_| OnceLock::new()).collect(),
            ids: Mutex::default(),
        }
    }

    pub(super) fn get(&self, id: PolicyId) -> Option<QuotaPolicy> {
        let id = usize::from(id.0);
        let block = self.blocks.get(id / BLOCK)?.get()?;
        block.get(id % BLOCK)?.get().copied()
    }

    /// The id of a policy; [`PolicyId::NONE`] where all ids are used.
    pub(super) fn intern(&self, policy: QuotaPolicy) -> PolicyId {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = ids.get(&policy) {
            return PolicyId(*id);
        }
        let Ok(id) = u16::try_from(ids.len() + 1) else {
            return PolicyId::NONE;
        };
        let (block, place) = (usize::from(id) / BLOCK, usize::from(id) % BLOCK);
        let new_block = || (0..BLOCK).map(|_| OnceLock::new()).collect();
        let block = self
            .blocks
            .get(block)
            .map(|block| block.get_or_init(new_block));
        let Some(place) = block.and_then(|block| block.get(place)) else {
            return PolicyId::NONE;
        };
        place.get_or_init(|| policy);
        ids.insert(policy, id);
        PolicyId(id)
    }
}
