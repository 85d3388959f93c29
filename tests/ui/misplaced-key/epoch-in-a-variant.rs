use etag_core::Versioned;

#[derive(Versioned)]
pub(crate) enum Event {
    Started {
        #[versioned(epoch = 2)]
        id: u64,
    },
}

fn main() {}
