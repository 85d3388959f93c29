//! The hash of a set, as a sum of what its elements are stretched to: LtHash, of which `Collection` says more.

use sha2::{Digest as _, Sha256};

use crate::StateTag;

/// How many numbers there are in a sum, and in what is added to it: with 16 bits each, the parameters of IACR ePrint
/// 2019/227.
const LANES: usize = 1024;

/// The sum of a set's elements; that of the empty set is zero.
#[derive(Debug, Clone)]
pub(crate) struct Sum(Box<[u16; LANES]>);

impl Sum {
    pub(crate) fn new() -> Self {
        Self(Box::new([0; LANES]))
    }

    /// Adds an element, which is not in the set.
    pub(crate) fn add(&mut self, element: &[u8; 32]) {
        self.change(element, u16::wrapping_add);
    }

    /// Subtracts an element, which is in the set.
    pub(crate) fn subtract(&mut self, element: &[u8; 32]) {
        self.change(element, u16::wrapping_sub);
    }

    fn change(&mut self, element: &[u8; 32], change: impl Fn(u16, u16) -> u16) {
        let mut stretched = [0; 2 * LANES];
        blake3::Hasher::new().update(element).finalize_xof().fill(&mut stretched);
        for (lane, by) in self.0.iter_mut().zip(stretched.as_chunks::<2>().0) {
            *lane = change(*lane, u16::from_le_bytes(*by));
        }
    }

    pub(crate) fn hash(&self) -> StateTag {
        let mut bytes = [0; 2 * LANES];
        for (lane, at) in self.0.iter().zip(bytes.as_chunks_mut::<2>().0) {
            *at = lane.to_le_bytes();
        }
        StateTag::from_hash(Sha256::digest(bytes).into())
    }
}
