//! The buffer that each thread writes into: it has grown before, so that what is written is not moved while it grows.

use std::cell::Cell;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer, empty; a new one where that is in use.
pub(crate) fn take() -> Vec<u8> {
    BUFFER.try_with(Cell::take).unwrap_or_default()
}

/// Gives a buffer back.
pub(crate) fn put_back(mut bytes: Vec<u8>) {
    if bytes.capacity() <= MOST {
        bytes.clear();
        // Where the thread ends, there is no place for it any more.
        let _ = BUFFER.try_with(|buffer| buffer.set(bytes));
    }
}

/// What was written, in memory of its own that is no larger than that; long texts stay where they are.
pub(crate) fn settle(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.capacity() > MOST {
        return bytes;
    }
    let settled = bytes.as_slice().to_vec();
    put_back(bytes);
    settled
}

/// What a thread keeps at most.
const MOST: usize = 1 << 18;
