use etag_core::Versioned;
use etag_core::axum::Fresh;

#[derive(Versioned)]
#[versioned(store = Drawer)]
struct Note {
    #[versioned(id)]
    id: u64,
}

#[derive(Clone)]
struct Drawer;

fn show(_: Fresh<Note>) {}

fn main() {}
