use etag_core::Versioned;

#[derive(Versioned)]
enum Event {
    Started,
    Renamed {
        #[versioned(id)]
        id: u64,
        name: String,
    },
}

fn main() {}
